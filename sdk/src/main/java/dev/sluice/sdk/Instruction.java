package dev.sluice.sdk;

import dev.sluice.wire.SluiceContext;

/**
 * What a node says is to become of a flow (V12; docs/reference/aware-nodes.md). The switch accepts it only for flows that the node serves. It may get lost: a node
 * that still sees packets says it again, which changes nothing if it was heard.
 *
 * @param path service path identifier of a {@link Action#NEW_PATH}, 24 bits; else 0
 * @param all whether it holds for all packets that follow, not for the next one only
 * @param both whether it holds for both directions, not only for that of the packet
 */
public record Instruction(Action action, int path, boolean all, boolean both) {
    /** Nothing is said. */
    public static final Instruction NONE = new Instruction(Action.NONE, 0, false, false);

    /** The flow is dropped from now on, both ways. */
    public static final Instruction DROP_FLOW = new Instruction(Action.DROP, 0, true, true);

    /** The flow need not visit this node any more, both ways. */
    public static final Instruction ACCEPT_FLOW = new Instruction(Action.ACCEPT, 0, true, true);

    /** The message that carries this was for the switch only and goes no further. */
    public static final Instruction DROP_MESSAGE = new Instruction(Action.DROP_MESSAGE, 0, false, false);

    /** What this node said of the flow before holds no more, both ways; what others said of it stands. */
    public static final Instruction TAKE_BACK = new Instruction(Action.TAKE_BACK, 0, true, true);

    private static final int PATH_MAX = 0xff_ffff;

    /** What is to be done. */
    public enum Action {
        /** Nothing. */
        NONE(SluiceContext.NONE),
        /** Drop packets of the flow. */
        DROP(SluiceContext.DROP),
        /** Packets of the flow need not visit this node. */
        ACCEPT(SluiceContext.ACCEPT),
        /** Drop this one message; the flow goes on as before. */
        DROP_MESSAGE(SluiceContext.DROP_MESSAGE),
        /** The flow goes on along another path. */
        NEW_PATH(SluiceContext.NEW_PATH),
        /** What was said before holds no more. */
        TAKE_BACK(SluiceContext.TAKE_BACK);

        private final int code;

        Action(int code) {
            this.code = code;
        }

        /** Number in the packet. */
        int code() {
            return code;
        }
    }

    /** Checks that a path is there exactly if it has a meaning. */
    public Instruction {
        if (path < 0 || path > PATH_MAX) {
            throw new IllegalArgumentException(
                    "SPI " + path + " is outside 0.." + PATH_MAX + " (24 bits, RFC 8300 2.3)");
        }
        if (path != 0 && action != Action.NEW_PATH) {
            throw new IllegalArgumentException("action " + action + " has no path, but SPI " + path + " was given");
        }
        if (path == 0 && action == Action.NEW_PATH) {
            throw new IllegalArgumentException("action NEW_PATH needs the SPI of a path, 1.." + PATH_MAX);
        }
    }

    /** The flow goes on along this path from now on; each direction has its own, so that only that of the packet is meant. */
    public static Instruction newPath(int spi) {
        return new Instruction(Action.NEW_PATH, spi, true, false);
    }

    /** The same for the next packet only. */
    public Instruction nextPacketOnly() {
        return new Instruction(action, path, false, both);
    }

    /** The same for the direction of the packet only. */
    public Instruction thisDirectionOnly() {
        return new Instruction(action, path, all, false);
    }

    /** Flags in the packet. */
    int flags() {
        return (all ? SluiceContext.ALL : 0) | (both ? SluiceContext.BOTH : 0);
    }
}
