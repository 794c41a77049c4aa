package dev.sluice.datapath;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The service nodes of this host that are reached in the underlay, by their addresses there. Immutable. */
final class NodeAddresses {
    private final @Nullable Attachment[] slots;

    private NodeAddresses(int capacity) {
        slots = new Attachment[capacity];
    }

    static NodeAddresses of(List<Attachment> all) {
        List<Attachment> nodes = all.stream()
                .filter(node -> node.tunnel() != null && !node.isRemote())
                .toList();
        NodeAddresses table = new NodeAddresses(Integer.highestOneBit(Math.max(2, nodes.size() * 2)) << 1);
        for (Attachment node : nodes) {
            NodeTunnel tunnel = node.tunnel();
            if (tunnel != null) {
                table.put(node, tunnel.address().hi(), tunnel.address().lo());
            }
        }
        return table;
    }

    private void put(Attachment node, long hi, long lo) {
        int i = slot(hi, lo);
        while (slots[i] != null) {
            i = i + 1 & slots.length - 1;
        }
        slots[i] = node;
    }

    private int slot(long hi, long lo) {
        return (int) FlowHash.mix(hi * 31 + lo) & slots.length - 1;
    }

    /** The node with this address, null if nobody has it. */
    @Nullable
    Attachment at(long hi, long lo) {
        int i = slot(hi, lo);
        Attachment node = slots[i];
        while (node != null) {
            NodeTunnel tunnel = node.tunnel();
            if (tunnel != null
                    && tunnel.address().lo() == lo
                    && tunnel.address().hi() == hi) {
                return node;
            }
            i = i + 1 & slots.length - 1;
            node = slots[i];
        }
        return null;
    }
}
