package dev.sluice.sdk;

/** The node's own code: decides what becomes of a packet. Called by the node's one thread, one packet at a time. */
@FunctionalInterface
public interface PacketHandler {
    /**
     * Decides about one packet. What it throws is counted, and the packet fails as the node was told ({@link ServiceNode.Builder#failOpen}).
     *
     * @param packet of meaning during this call only; the next packet comes in the same object
     */
    Verdict handle(ServicePacket packet);
}
