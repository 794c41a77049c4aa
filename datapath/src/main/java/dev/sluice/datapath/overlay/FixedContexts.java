package dev.sluice.datapath.overlay;

import dev.sluice.datapath.snapshot.ServicePlane;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.wire.FixedContext;
import dev.sluice.wire.Nsh;
import java.lang.foreign.MemorySegment;

/**
 * Service headers of metadata type 1, for nodes of this host that know no other type: what of the metadata fits into 16 bytes, and packets known again by them (ADR 46;
 * packet-life.md, to an aware node). One user: the worker.
 *
 * <p>The context is between this switch and its node only, so flows of other switches are called by their record here. Hot path: no allocation.
 */
public final class FixedContexts {
    private static final long NUMBER = 0xffff_ffffL;

    private final ConnectionTable table;
    private final PlaneFlows flows;
    private ServicePlane plane = ServicePlane.NONE;

    public FixedContexts(ConnectionTable table, PlaneFlows flows) {
        this.table = table;
        this.flows = flows;
    }

    void apply(ServicePlane next) {
        plane = next;
    }

    /**
     * Writes the whole service header of the packet in hand, which has its record unless it is a copy for another switch.
     *
     * @param ttl of a packet that this switch classified; that of others is kept with their metadata
     * @param flags of {@link FixedContext}, those that say whose flow it is left out
     */
    void write(Cursor c, MemorySegment m, long nsh, int spi, int si, int ttl, int flags) {
        int entry = c.planeEntry;
        boolean own = entry == PlaneFlows.NONE;
        int left = own ? ttl : flows.ttl(entry);
        Nsh.write(m, nsh, Nsh.FIXED_BYTES, Nsh.MD_FIXED, false, left, Nsh.NEXT_ETHERNET, spi, si);
        // A copy of a flow that was classified here may have been made by another switch.
        boolean here = own || flows.classifier(entry) == plane.node();
        FixedContext.write(
                m,
                nsh + Nsh.BYTES,
                here ? flags : flags | FixedContext.SERVED,
                own ? plane.tenant(c.router) : (int) flows.tenant(entry),
                entry != PlaneFlows.IN_HAND
                        ? table.reference(c.record)
                        : here ? flows.flow(entry) : PlaneFlows.OF_NO_FLOW);
    }

    /** Whether a service header, which is sound, is of metadata type 1 with a context that can be one of these. */
    public static boolean isOne(MemorySegment m, long nsh) {
        return Nsh.mdType(m, nsh) == Nsh.MD_FIXED && FixedContext.isUsable(m, nsh + Nsh.BYTES);
    }

    /**
     * Finds out what the context of a packet from a node stands for, and enters it into the packet's metadata.
     *
     * @param in its direction is that of its path
     * @return false if it is none that was written for a packet of this direction
     */
    public boolean resolve(MemorySegment m, CarriedPacket in) {
        long context = in.nsh + Nsh.BYTES;
        int flags = FixedContext.flags(m, context);
        long tenant = FixedContext.tenant(m, context);
        long flow = FixedContext.flow(m, context);
        if ((flags & FixedContext.REVERSE) != 0 != (in.direction != 0)) {
            return false;
        }
        if ((flags & FixedContext.SERVED) == 0) {
            in.metadata.set(tenant, plane.node() & NUMBER, flow);
            return true;
        }
        int slot = table.resolve(flow);
        int entry = slot < 0 || table.tag(slot) != ConnectionTable.PLANE
                ? PlaneFlows.NONE
                : flows.entry(slot, in.direction);
        if (entry == PlaneFlows.NONE || (flows.tenant(entry) & NUMBER) != tenant) {
            return false;
        }
        in.metadata.set(flows.tenant(entry), flows.classifier(entry) & NUMBER, flows.flow(entry));
        return true;
    }
}
