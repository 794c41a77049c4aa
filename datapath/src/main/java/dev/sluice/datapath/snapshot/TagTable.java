package dev.sluice.datapath.snapshot;

import dev.sluice.datapath.packet.Batch;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The policy mapping table (document 000): (service port, tags) to attachment and side. Immutable.
 *
 * <p>A frame is looked up by both tags, then by its outer tag, then as untagged; so a node without tags gets tagged frames of a transparent
 * pair unchanged. Only VLAN ids count, not the TPID.
 */
public final class TagTable {
    private final Attachment[] attachments;
    private final int[] sides;
    private final long[] keys;
    private final int mask;

    private TagTable(int capacity) {
        attachments = new Attachment[capacity];
        sides = new int[capacity];
        keys = new long[capacity];
        mask = capacity - 1;
    }

    static TagTable of(List<Attachment> all) {
        TagTable table = new TagTable(Integer.highestOneBit(Math.max(2, all.size() * 4 - 1)) << 1);
        for (Attachment attachment : all) {
            if (!attachment.isAtPorts()) {
                continue;
            }
            table.put(attachment, Attachment.IN);
            if (!attachment.oneArmed()) {
                table.put(attachment, Attachment.OUT);
            }
        }
        return table;
    }

    private void put(Attachment attachment, int side) {
        Attachment.Side s = attachment.side(side);
        long key = key(s.port(), vlan(s.outerTag()), vlan(s.innerTag()));
        int i = slot(key);
        while (attachments[i] != null) {
            if (keys[i] == key) {
                throw new IllegalArgumentException("attachments " + attachments[i].name() + " and " + attachment.name()
                        + " share port " + s.port() + " and its tag");
            }
            i = i + 1 & mask;
        }
        keys[i] = key;
        attachments[i] = attachment;
        sides[i] = side;
    }

    /** VLAN id + 1 of a tag, 0 for none. */
    private static int vlan(int tag) {
        return tag == 0 ? 0 : (tag & 0xfff) + 1;
    }

    private static long key(int port, int outer, int inner) {
        return (long) port << 32 | (long) outer << 16 | inner;
    }

    private int slot(long key) {
        long h = key * 0x9e3779b97f4a7c15L;
        return (int) (h ^ h >>> 32) & mask;
    }

    /** Position of the binding for a frame from a service port, or -1; tags as in {@link Batch#outerTag}. */
    public int find(int port, int outerTag, int innerTag) {
        int found = -1;
        if (innerTag != 0) {
            found = probe(key(port, vlan(outerTag), vlan(innerTag)));
        }
        if (found < 0 && outerTag != 0) {
            found = probe(key(port, vlan(outerTag), 0));
        }
        return found >= 0 ? found : probe(key(port, 0, 0));
    }

    private int probe(long key) {
        int i = slot(key);
        while (attachments[i] != null) {
            if (keys[i] == key) {
                return i;
            }
            i = i + 1 & mask;
        }
        return -1;
    }

    /** The attachment at a position of {@link #find}. */
    public Attachment attachment(int position) {
        return attachments[position];
    }

    /** The side at a position of {@link #find}. */
    public int side(int position) {
        return sides[position];
    }

    /** The attachment and side bound to a port and VLAN ids (-1 for none), for people; null if there is none. */
    public @Nullable Attachment lookup(int port, int outerVlan, int innerVlan) {
        int found =
                find(port, outerVlan < 0 ? 0 : 0x8100 << 16 | outerVlan, innerVlan < 0 ? 0 : 0x8100 << 16 | innerVlan);
        return found < 0 ? null : attachments[found];
    }
}
