package dev.sluice.lab;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The decision of a small intrusion prevention node: a packet whose TCP or UDP payload holds a forbidden text is dropped, and of a TCP
 * connection everything after it too, both ways. A new connection with the same ports starts afresh. One thread.
 */
final class PayloadMatcher {
    private final List<byte[]> forbidden;
    private final StreamTails tails;
    private final Set<PacketView.Flow> blocked = new HashSet<>();
    private final Consumer<String> log;

    /** Texts are compared as UTF-8 bytes; each blocked flow gives one line to the log. */
    PayloadMatcher(List<String> forbidden, Consumer<String> log) {
        this.forbidden = forbidden.stream()
                .map(text -> text.getBytes(StandardCharsets.UTF_8))
                .filter(text -> text.length > 0)
                .toList();
        int longest =
                this.forbidden.stream().mapToInt(text -> text.length).max().orElse(1);
        this.tails = new StreamTails(longest - 1);
        this.log = log;
    }

    /** Whether the frame may pass. */
    boolean passes(byte[] frame) {
        Optional<PacketView> read = PacketView.of(frame);
        if (read.isEmpty()) {
            return true;
        }
        PacketView view = read.get();
        boolean tcp = view.flow().protocol() == PacketView.TCP;
        PacketView.Flow flow = view.flow().undirected();
        if (tcp && view.opensConnection()) {
            blocked.remove(flow);
        }
        if (tcp && blocked.contains(flow)) {
            return false;
        }
        byte[] text = tails.join(view, frame);
        for (byte[] wanted : forbidden) {
            if (contains(text, wanted)) {
                block(view, wanted, tcp);
                return false;
            }
        }
        return true;
    }

    private void block(PacketView view, byte[] found, boolean tcp) {
        boolean fresh = !tcp || blocked.add(view.flow().undirected());
        if (fresh) {
            log.accept("blocked " + view.flow() + " \"" + new String(found, StandardCharsets.UTF_8) + "\"");
        }
    }

    private static boolean contains(byte[] text, byte[] wanted) {
        for (int at = 0; at + wanted.length <= text.length; at++) {
            int i = 0;
            while (i < wanted.length && text[at + i] == wanted[i]) {
                i++;
            }
            if (i == wanted.length) {
                return true;
            }
        }
        return false;
    }
}
