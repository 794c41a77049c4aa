package dev.sluice.ports;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;

/**
 * Structures shared with the kernel on 64-bit Linux. Constants only.
 *
 * <p>Each layout is checked against the size that the kernel's headers give when this class is loaded, so that a wrong field shows at start and not as
 * damaged memory. Fields that are read or written on the packet path have their offset as a constant.
 */
final class KernelLayouts {
    /** struct iovec, uio.h. */
    static final StructLayout IOVEC =
            sized(16, MemoryLayout.structLayout(JAVA_LONG.withName("base"), JAVA_LONG.withName("len")));

    /** struct mmsghdr: struct msghdr and the bytes sent or received, sys/socket.h. */
    static final StructLayout MMSGHDR = sized(
            64,
            MemoryLayout.structLayout(
                    JAVA_LONG.withName("name"),
                    JAVA_INT.withName("namelen"),
                    MemoryLayout.paddingLayout(4),
                    JAVA_LONG.withName("iov"),
                    JAVA_LONG.withName("iovlen"),
                    JAVA_LONG.withName("control"),
                    JAVA_LONG.withName("controllen"),
                    JAVA_INT.withName("flags"),
                    MemoryLayout.paddingLayout(4),
                    JAVA_INT.withName("len"),
                    MemoryLayout.paddingLayout(4)));

    static final long MMSGHDR_IOV = offset(MMSGHDR, "iov");
    static final long MMSGHDR_IOVLEN = offset(MMSGHDR, "iovlen");
    static final long MMSGHDR_CONTROL = offset(MMSGHDR, "control");
    static final long MMSGHDR_CONTROLLEN = offset(MMSGHDR, "controllen");
    static final long MMSGHDR_FLAGS = offset(MMSGHDR, "flags");
    static final long MMSGHDR_LEN = offset(MMSGHDR, "len");

    /** struct sockaddr_ll, linux/if_packet.h. */
    static final StructLayout SOCKADDR_LL = sized(
            20,
            MemoryLayout.structLayout(
                    JAVA_SHORT.withName("family"),
                    JAVA_SHORT.withName("protocol"),
                    JAVA_INT.withName("ifindex"),
                    JAVA_SHORT.withName("hatype"),
                    MemoryLayout.sequenceLayout(10, ValueLayout.JAVA_BYTE).withName("addr")));

    /** struct tpacket_req, linux/if_packet.h. */
    static final StructLayout TPACKET_REQ = sized(
            16,
            MemoryLayout.structLayout(
                    JAVA_INT.withName("blockSize"),
                    JAVA_INT.withName("blockNr"),
                    JAVA_INT.withName("frameSize"),
                    JAVA_INT.withName("frameNr")));

    /** struct tpacket2_hdr, linux/if_packet.h. */
    static final StructLayout TPACKET2_HDR = sized(
            32,
            MemoryLayout.structLayout(
                    JAVA_INT.withName("status"),
                    JAVA_INT.withName("len"),
                    JAVA_INT.withName("snaplen"),
                    JAVA_SHORT.withName("mac"),
                    JAVA_SHORT.withName("net"),
                    JAVA_INT.withName("sec"),
                    JAVA_INT.withName("nsec"),
                    JAVA_SHORT.withName("vlanTci"),
                    JAVA_SHORT.withName("vlanTpid"),
                    MemoryLayout.paddingLayout(4)));

    static final long TPACKET2_STATUS = offset(TPACKET2_HDR, "status");
    static final long TPACKET2_LEN = offset(TPACKET2_HDR, "len");
    static final long TPACKET2_SNAPLEN = offset(TPACKET2_HDR, "snaplen");
    static final long TPACKET2_MAC = offset(TPACKET2_HDR, "mac");
    static final long TPACKET2_VLAN_TCI = offset(TPACKET2_HDR, "vlanTci");
    static final long TPACKET2_VLAN_TPID = offset(TPACKET2_HDR, "vlanTpid");

    /** struct cmsghdr followed by struct tpacket_auxdata, padded as CMSG_SPACE does. */
    static final StructLayout AUXDATA_MESSAGE = sized(
            40,
            MemoryLayout.structLayout(
                    JAVA_LONG.withName("cmsgLen"),
                    JAVA_INT.withName("cmsgLevel"),
                    JAVA_INT.withName("cmsgType"),
                    JAVA_INT.withName("status"),
                    JAVA_INT.withName("len"),
                    JAVA_INT.withName("snaplen"),
                    JAVA_SHORT.withName("mac"),
                    JAVA_SHORT.withName("net"),
                    JAVA_SHORT.withName("vlanTci"),
                    JAVA_SHORT.withName("vlanTpid"),
                    MemoryLayout.paddingLayout(4)));

    static final long AUXDATA_LEVEL = offset(AUXDATA_MESSAGE, "cmsgLevel");
    static final long AUXDATA_TYPE = offset(AUXDATA_MESSAGE, "cmsgType");
    static final long AUXDATA_STATUS = offset(AUXDATA_MESSAGE, "status");
    static final long AUXDATA_VLAN_TCI = offset(AUXDATA_MESSAGE, "vlanTci");
    static final long AUXDATA_VLAN_TPID = offset(AUXDATA_MESSAGE, "vlanTpid");

    /** struct tpacket_stats, linux/if_packet.h. */
    static final StructLayout TPACKET_STATS =
            sized(8, MemoryLayout.structLayout(JAVA_INT.withName("packets"), JAVA_INT.withName("drops")));

    /** struct packet_mreq, linux/if_packet.h. */
    static final StructLayout PACKET_MREQ = sized(
            16,
            MemoryLayout.structLayout(
                    JAVA_INT.withName("ifindex"),
                    JAVA_SHORT.withName("type"),
                    JAVA_SHORT.withName("alen"),
                    JAVA_LONG.withName("address")));

    /** struct ifreq with an index, flags or a pointer behind the name, net/if.h. */
    static final StructLayout IFREQ = sized(
            40,
            MemoryLayout.structLayout(
                    MemoryLayout.sequenceLayout(16, ValueLayout.JAVA_BYTE).withName("name"),
                    JAVA_LONG.withName("value"),
                    MemoryLayout.paddingLayout(16)));

    static final long IFREQ_VALUE = offset(IFREQ, "value");

    /** Longest interface name in bytes, without the closing zero (IFNAMSIZ - 1). */
    static final int INTERFACE_NAME_BYTES_MAX = 15;

    /** struct pollfd, poll.h. */
    static final StructLayout POLLFD = sized(
            8,
            MemoryLayout.structLayout(
                    JAVA_INT.withName("fd"), JAVA_SHORT.withName("events"), JAVA_SHORT.withName("revents")));

    private KernelLayouts() {}

    static StructLayout sized(long kernelBytes, StructLayout layout) {
        if (layout.byteSize() != kernelBytes) {
            throw new IllegalStateException(
                    "layout " + layout + " has " + layout.byteSize() + " bytes, the kernel's has " + kernelBytes);
        }
        return layout;
    }

    static long offset(StructLayout layout, String field) {
        return layout.byteOffset(PathElement.groupElement(field));
    }
}
