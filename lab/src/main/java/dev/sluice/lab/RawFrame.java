package dev.sluice.lab;

/**
 * One frame as a packet socket hands it over. The arrays belong to whoever holds the record.
 *
 * @param vnetHeader the 10 bytes of struct virtio_net_hdr: pending checksum and segmentation
 * @param bytes the Ethernet frame from its destination address on, VLAN tags in place; up to 64 KiB when segmentation is pending
 * @param outgoing whether the interface was sending it, not receiving
 */
// Frames are carried, never compared.
@SuppressWarnings("ArrayRecordComponent")
record RawFrame(byte[] vnetHeader, byte[] bytes, boolean outgoing) {
    /** A plain frame, nothing pending. */
    static RawFrame of(byte[] bytes) {
        return new RawFrame(new byte[RawSocket.VNET_HEADER_BYTES], bytes, false);
    }
}
