package dev.sluice.ports;

import dev.sluice.datapath.packet.Batch;

/** How an AF_PACKET port gets its frames. One user: the port. */
sealed interface PacketSource extends AutoCloseable permits PacketRing, PacketReader {
    /** Appends waiting frames to the batch until it is full or none waits; how many. No allocation, no exception. */
    int receive(Batch batch);

    /** In words for people. */
    String description();

    @Override
    void close();
}
