package dev.sluice.agent.admin;

import dev.sluice.agent.NodeException;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A trace over several nodes, as one of them knows it.
 *
 * @param id what all its nodes have been told, chosen at random; nobody else knows it, so a packet that carries it was marked by one of them
 * @param origin number of this node among them, 0 to {@value #ORIGIN_MAX}
 */
public record TraceSession(int id, int origin) {
    /** Highest number of a node. */
    public static final int ORIGIN_MAX = 255;

    /** Most times that a packet is heard of. */
    public static final int LEG_MAX = 255;

    private static final int ID_DIGITS = 8;
    private static final int STORY_MASK = 0xff_ffff;
    private static final int PACKETS_MASK = 0xffff;

    /** Of a request with {@code session} (8 hexadecimal digits) and {@code origin}; empty if it has none. */
    public static Optional<TraceSession> of(AdminRequest request) throws NodeException {
        OptionalInt session = id(request, "session");
        OptionalInt origin = request.number("origin", 0, ORIGIN_MAX);
        return session.isEmpty()
                ? Optional.empty()
                : Optional.of(new TraceSession(session.getAsInt(), origin.orElse(0)));
    }

    /** A field of 8 hexadecimal digits; empty if it is not there. */
    static OptionalInt id(AdminRequest request, String field) throws NodeException {
        Optional<String> text = request.text(field, ID_DIGITS);
        if (text.isEmpty()) {
            return OptionalInt.empty();
        }
        if (!text.get().matches("[0-9a-f]{8}")) {
            throw new NodeException(field + " " + AdminRequest.shorten(text.get())
                    + " is not a number of 8 hexadecimal digits (0..9, a..f)");
        }
        return OptionalInt.of(Integer.parseUnsignedInt(text.get(), 16));
    }

    /** The id as requests write it. */
    public static String text(int id) {
        return String.format("%08x", id);
    }

    /** The packet that is the nth followed from here on, {@code n} from 1: its number among those of all nodes. */
    public int story(int n) {
        return origin << 16 | (n & PACKETS_MASK);
    }

    /** What a packet is marked with: this trace, the packet, and how often it has been heard of before it comes in the next time. */
    public long mark(int story, int leg) {
        return (long) id << 32 | (story & (long) STORY_MASK) << 8 | leg;
    }

    /** Whether a mark is of this trace. */
    public boolean isOurs(long mark) {
        return (int) (mark >>> 32) == id;
    }

    /** The packet that is marked so. */
    public static int storyOf(long mark) {
        return (int) (mark >>> 8) & STORY_MASK;
    }

    /** How often it has been heard of before. */
    public static int legOf(long mark) {
        return (int) mark & LEG_MAX;
    }
}
