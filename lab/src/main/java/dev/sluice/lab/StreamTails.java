package dev.sluice.lab;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Lets a search find what is split over two TCP segments: remembers the last bytes of each direction of a flow. One thread. Segments
 * that overtake each other are joined in the order of arrival, as a simple inspector does.
 */
final class StreamTails {
    private static final int FLOW_COUNT_MAX = 65_536;

    private final int tailBytes;
    private final Map<PacketView.Flow, byte[]> tails = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<PacketView.Flow, byte[]> eldest) {
            return size() > FLOW_COUNT_MAX;
        }
    };

    /** Remembers so many bytes of each direction: one less than the longest thing searched for. */
    StreamTails(int tailBytes) {
        this.tailBytes = tailBytes;
    }

    /** The payload, for TCP with the remembered bytes in front of it. */
    byte[] join(PacketView view, byte[] frame) {
        int from = view.payloadOffset();
        int bytes = view.payloadBytes();
        if (view.flow().protocol() != PacketView.TCP) {
            return Arrays.copyOfRange(frame, from, from + bytes);
        }
        if (view.opensConnection()) {
            tails.remove(view.flow());
        }
        if (bytes == 0) {
            return new byte[0];
        }
        byte[] tail = tails.getOrDefault(view.flow(), new byte[0]);
        byte[] joined = Arrays.copyOf(tail, tail.length + bytes);
        System.arraycopy(frame, from, joined, tail.length, bytes);
        tails.put(view.flow(), Arrays.copyOfRange(joined, Math.max(0, joined.length - tailBytes), joined.length));
        return joined;
    }
}
