package dev.sluice.datapath;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.paths.PathChanges;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.Tcp;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Recognises flows behind nodes that rewrite addresses (V7): which original packet is it that comes out with another tuple? One user: the worker.
 *
 * <p>A packet sent to such a node leaves a fingerprint of what address translation does not touch: the transport header without ports and
 * checksum, and the beginning of the payload. The table is direct-mapped; a newer fingerprint overwrites an older one, and two different flows with
 * the same fingerprint that are both under way make it useless for both (the translated flow then gets a pair of its own). No allocation.
 */
final class Translations {
    private static final int SLOTS = 4096;

    /** Fingerprints that share a set; of others that come to it the oldest is forgotten. */
    private static final int WAYS = 4;

    private static final int PAYLOAD_BYTES_MAX = 64;
    private static final long AMBIGUOUS = -1;

    /** So long a packet may be inside a node. */
    private static final long UNDER_WAY_NS = PathChanges.UNDER_WAY_MS * 1_000_000L;

    private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

    private final ConnectionTable table;
    private final MemorySegment memory;
    private final long[] fingerprints = new long[SLOTS];
    private final long[] references = new long[SLOTS];

    /** When the last packet came to a fingerprint that is ambiguous. */
    private final long[] metNs = new long[SLOTS];

    /** Where fingerprints taken before are found, while foretelling. */
    private @Nullable Translations source;

    Translations(ConnectionTable table, MemorySegment memory) {
        this.table = table;
        this.memory = memory;
    }

    /** Knows what left a fingerprint at the other one. */
    void lookInto(Translations other) {
        source = other;
    }

    /** Notes a forward packet on its way to a node that translates. */
    void sent(Cursor c, Attachment node) {
        if (table.linked(c.record) >= 0) {
            return;
        }
        long fingerprint = fingerprint(c, node);
        long reference = table.reference(c.record);
        int i = place(fingerprint);
        if (i < 0) {
            i = set(fingerprint);
            System.arraycopy(fingerprints, i, fingerprints, i + 1, WAYS - 1);
            System.arraycopy(references, i, references, i + 1, WAYS - 1);
            System.arraycopy(metNs, i, metNs, i + 1, WAYS - 1);
            fingerprints[i] = fingerprint;
            references[i] = reference;
            return;
        }
        references[i] = hasRival(i, reference, c.nowNs) ? AMBIGUOUS : reference;
        metNs[i] = c.nowNs;
    }

    /** Whether a packet with a fingerprint that comes back may be that of another flow, too; one that is linked is found by its tuple. */
    private boolean hasRival(int i, long reference, long nowNs) {
        if (references[i] == AMBIGUOUS) {
            return nowNs - metNs[i] < UNDER_WAY_NS;
        }
        int rival = references[i] == reference ? -1 : resolve(references[i]);
        return rival >= 0 && table.linked(rival) < 0;
    }

    private static int set(long fingerprint) {
        return (int) (fingerprint >>> 54) * WAYS;
    }

    /** Where a fingerprint is kept, -1 if it is not. */
    private int place(long fingerprint) {
        int set = set(fingerprint);
        for (int i = set; i < set + WAYS; i++) {
            if (fingerprints[i] == fingerprint) {
                return i;
            }
        }
        return -1;
    }

    /** The connection whose packet this is, -1 if it is not known. */
    int origin(Cursor c, Attachment node) {
        long fingerprint = fingerprint(c, node);
        int slot = find(fingerprint);
        return slot < 0 && source != null ? table.adopted(source.find(fingerprint)) : slot;
    }

    private int find(long fingerprint) {
        int i = place(fingerprint);
        if (i < 0 || references[i] == AMBIGUOUS) {
            return -1;
        }
        return resolve(references[i]);
    }

    private int resolve(long reference) {
        int slot = table.resolve(reference);
        return slot >= 0 && table.isSuperseded(slot) ? -1 : slot;
    }

    private long fingerprint(Cursor c, Attachment node) {
        Batch b = c.batch;
        int i = c.slot;
        long hash = (node.id() * 31L + c.fields.protocol) * MULTIPLIER + b.length[i] - b.l3[i];
        int l4 = b.l4[i];
        if (l4 == 0) {
            return FlowHash.mix(hash);
        }
        long base = b.start[i] + l4;
        long payload = base + 8;
        if (c.fields.protocol == IpProtocols.TCP) {
            hash = hash * MULTIPLIER + Tcp.sequence(memory, base);
            hash = hash * MULTIPLIER + Tcp.acknowledgment(memory, base);
            hash = hash * MULTIPLIER + Tcp.flags(memory, base);
            payload = base + Tcp.headerBytes(memory, base);
        }
        long end = Math.min(b.start[i] + b.length[i], payload + PAYLOAD_BYTES_MAX);
        for (; payload + 8 <= end; payload += 8) {
            hash = (hash ^ memory.get(Layouts.BE64, payload)) * MULTIPLIER;
        }
        for (; payload < end; payload++) {
            hash = (hash ^ Layouts.u8(memory, payload)) * MULTIPLIER;
        }
        return FlowHash.mix(hash);
    }
}
