package dev.sluice.lab;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The nftables part of a firewall: rules that drop, and counters of what passed in each direction. Counters are the kernel's own. */
public final class PacketFilter {
    private static final String TABLE = "lab";
    private static final Pattern COUNTER = Pattern.compile("packets (\\d+) bytes (\\d+)");

    /**
     * A counter of nftables.
     *
     * @param packets packets counted (a packet with segmentation pending counts as one)
     * @param bytes their bytes from the network header on
     */
    public record Count(long packets, long bytes) {}

    private final Namespace namespace;
    private final String family;

    private PacketFilter(Namespace namespace, String family) {
        this.namespace = namespace;
        this.family = family;
    }

    /** Installs the table in the forward hook of a family ({@code bridge} or {@code inet}). */
    static PacketFilter install(String family, LabInterface in, LabInterface out) {
        PacketFilter filter = new PacketFilter(in.namespace(), family);
        filter.script("""
                table %1$s lab {
                  counter forward {}
                  counter reverse {}
                  counter dropped {}
                  chain rules {}
                  chain forward {
                    type filter hook forward priority 0; policy accept;
                    jump rules
                    iifname "%2$s" counter name "forward"
                    iifname != "%2$s" iifname "%3$s" counter name "reverse"
                  }
                }
                """.formatted(family, in.name(), out.name()));
        return filter;
    }

    /** Drops what matches an nftables expression, for example {@code tcp dport 23}; counted by {@link #dropped}. */
    public PacketFilter drop(String match) {
        return rule(match + " counter name \"dropped\" drop");
    }

    /** Counts what matches an expression, without a verdict; read it by {@link #count(String)}. */
    public PacketFilter count(String counter, String match) {
        script("add counter " + family + " " + TABLE + " " + counter + " {}\n");
        return rule(match + " counter name \"" + counter + "\"");
    }

    /** Removes all rules and counters that were added, keeps the counters of directions and drops. */
    public void clearRules() {
        script("flush chain " + family + " " + TABLE + " rules\n");
    }

    /** Packets that came in on the in side and passed. */
    public Count forward() {
        return count("forward");
    }

    /** Packets that came in on the out side and passed. */
    public Count reverse() {
        return count("reverse");
    }

    /** Packets that a rule dropped. */
    public Count dropped() {
        return count("dropped");
    }

    /** A counter by name. */
    public Count count(String counter) {
        String text = namespace.exec(List.of(Tool.NFT.path(), "list", "counter", family, TABLE, counter));
        Matcher matcher = COUNTER.matcher(text);
        if (!matcher.find()) {
            throw new LabException("nft said nothing about counter " + counter + " in " + namespace + ": " + text);
        }
        return new Count(Long.parseLong(matcher.group(1)), Long.parseLong(matcher.group(2)));
    }

    private PacketFilter rule(String text) {
        script("add rule " + family + " " + TABLE + " rules " + text + "\n");
        return this;
    }

    private void script(String text) {
        namespace.execWithInput(List.of(Tool.NFT.path(), "-f", "-"), text);
    }
}
