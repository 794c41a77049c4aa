package dev.sluice.datapath.overlay;

import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.paths.Selector;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.PlanePath;
import dev.sluice.datapath.snapshot.ServicePlane;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.FlowPrograms;
import dev.sluice.datapath.track.FlowPrograms.Action;
import dev.sluice.wire.SluiceContext;

/**
 * What service nodes say of flows, entered into the flow programming table of the switch that classified them (V12; document 002: process 1300; packet-life.md, what nodes
 * say). One user: the worker.
 *
 * <p>Whether the node may speak of the flow is the caller's to know. What is said anew allocates; what is repeated, which nodes do until they are heard, does not.
 */
public final class NodeInstructions {
    private final FlowPrograms programs;
    private final ConnectionTable table;
    private final Selector selector;
    private final DatapathCounters counters;
    private ServicePlane plane = ServicePlane.NONE;

    public NodeInstructions(
            FlowPrograms programs, ConnectionTable table, Selector selector, DatapathCounters counters) {
        this.programs = programs;
        this.table = table;
        this.selector = selector;
        this.counters = counters;
    }

    public void apply(ServicePlane next) {
        plane = next;
    }

    /** The action of a flow-programming tag, {@link SluiceContext#NONE} if it is none that is known. */
    public static int action(int program) {
        int action = program >>> 24;
        boolean known = action <= SluiceContext.NEW_PATH || action == SluiceContext.TAKE_BACK;
        return known ? action : SluiceContext.NONE;
    }

    /** The flags of {@link SluiceContext} that say what an action is for. */
    static int scope(int flags) {
        return flags & (SluiceContext.ALL | SluiceContext.BOTH);
    }

    /**
     * Enters what a node says.
     *
     * @param slot record of the flow, whose path the node is on
     * @param direction of the packets that it speaks of, unless it speaks of both
     * @param program action and path as in {@link SluiceContext#programTag}
     * @param flags of {@link SluiceContext}
     * @return false if it is refused
     */
    public boolean tell(int slot, int direction, Attachment node, int program, int flags, long nowNs) {
        boolean told = switch (action(program)) {
            case SluiceContext.DROP -> put(slot, direction, node, Action.DROP, 0, flags, nowNs);
            case SluiceContext.ACCEPT -> put(slot, direction, node, Action.SKIP, node.instance(), flags, nowNs);
            case SluiceContext.NEW_PATH -> newPath(slot, direction, node, program & 0xff_ffff, flags, nowNs);
            case SluiceContext.TAKE_BACK -> takeBack(slot, direction, node, flags, nowNs);
            default -> true;
        };
        if (!told) {
            counters.instructionsRefused++;
        } else if (action(program) != SluiceContext.NONE) {
            counters.instructionsOfNodes++;
        }
        return told;
    }

    private boolean newPath(int slot, int direction, Attachment node, int spi, int flags, long nowNs) {
        PlanePath names = plane.forward(spi);
        names = names == null ? plane.reverse(spi) : names;
        return names != null
                && selector.offered(table.targetId(slot), names.path()) != null
                && put(slot, direction, node, Action.PATH, names.path(), flags, nowNs);
    }

    private boolean takeBack(int slot, int direction, Attachment node, int flags, long nowNs) {
        int linked = table.linked(slot);
        return programs.takeBack(slot, node.instance(), directions(direction, flags), nowNs)
                && (linked < 0 || programs.takeBack(linked, node.instance(), directions(direction, flags), nowNs));
    }

    private static int directions(int direction, int flags) {
        return (flags & SluiceContext.BOTH) != 0 ? FlowPrograms.BOTH_DIRECTIONS : 1 << direction;
    }

    private boolean put(int slot, int direction, Attachment node, Action action, int argument, int flags, long nowNs) {
        boolean once = (flags & SluiceContext.ALL) == 0;
        int directions = directions(direction, flags);
        int linked = table.linked(slot);
        // In front of a node that translates and behind it the flow has different addresses.
        return putOne(slot, node, action, argument, once, directions, nowNs)
                && (linked < 0 || putOne(linked, node, action, argument, once, directions, nowNs));
    }

    private boolean putOne(
            int slot, Attachment node, Action action, int argument, boolean once, int directions, long nowNs) {
        long life = FlowPrograms.WITH_THE_RECORD;
        return programs.tell(slot, node.instance(), action, argument, once, directions, life, nowNs);
    }
}
