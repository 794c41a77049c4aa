package dev.sluice.manager.store;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How a cluster of etcd is reached, and as whom.
 *
 * @param members its members, or some of them; one that does not answer is left out until it does
 * @param prefix of all keys that are used there
 * @param name of this manager; no two managers of a cluster have the same
 * @param tls empty: in the clear
 */
public record EtcdOptions(List<Member> members, String prefix, String name, Optional<Tls> tls) {
    /** What stands in front of the members. */
    public static final String SCHEME = "etcd://";

    private static final String USUAL_PREFIX = "sluice/";
    private static final String FORM = "write " + SCHEME + "HOST:PORT,HOST:PORT,HOST:PORT";

    /** Where a member serves clients. */
    public record Member(String host, int port) {
        @Override
        public String toString() {
            return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
        }
    }

    /**
     * Files in PEM.
     *
     * @param authority certificates that those of the members are signed by
     * @param certificate this manager's, with its key; empty: it shows none
     */
    public record Tls(Path authority, Optional<Own> certificate) {}

    /**
     * What this manager shows.
     *
     * @param key PKCS#8, not encrypted
     */
    public record Own(Path certificate, Path key) {}

    /**
     * Reads {@code etcd://HOST:PORT,HOST:PORT/PREFIX}; the prefix may be left out.
     *
     * @throws IllegalArgumentException if a text is something else, with a sentence that says what
     */
    public static EtcdOptions parse(String text, String name, Optional<Tls> tls) {
        if (!text.startsWith(SCHEME)) {
            throw new IllegalArgumentException(text + " is no store; " + FORM);
        }
        String rest = text.substring(SCHEME.length());
        int slash = rest.indexOf('/');
        String prefix = slash < 0 ? "" : rest.substring(slash + 1);
        List<Member> members = new ArrayList<>();
        for (String member : (slash < 0 ? rest : rest.substring(0, slash)).split(",", -1)) {
            members.add(member(text, member));
        }
        if (!prefix.matches("[-a-zA-Z0-9._/]{0,100}")) {
            throw new IllegalArgumentException(text + ": the prefix " + prefix
                    + " is not one of letters, digits, '-', '.', '_' and '/', at most 100");
        }
        if (!name.matches("[-a-zA-Z0-9._:]{1,100}")) {
            throw new IllegalArgumentException(
                    "the manager's name '" + name + "' is not one of letters, digits, '-', '.', '_' and ':', 1..100");
        }
        String whole = prefix.isEmpty() ? USUAL_PREFIX : prefix.endsWith("/") ? prefix : prefix + "/";
        return new EtcdOptions(List.copyOf(members), whole, name, tls);
    }

    private static Member member(String text, String member) {
        int colon = member.lastIndexOf(':');
        String host = colon < 0 ? "" : member.substring(0, colon).replaceAll("^\\[|\\]$", "");
        String port = member.substring(colon + 1);
        boolean usable = !host.isEmpty() && port.matches("[0-9]{1,5}");
        if (!usable || Integer.parseInt(port) < 1 || Integer.parseInt(port) > 65_535) {
            throw new IllegalArgumentException(
                    text + ": '" + member + "' is not a host and a port of 1..65535; " + FORM);
        }
        return new Member(host, Integer.parseInt(port));
    }

    /** How people write it, without the prefix. */
    @Override
    public String toString() {
        return SCHEME + String.join(",", members.stream().map(Member::toString).toList());
    }
}
