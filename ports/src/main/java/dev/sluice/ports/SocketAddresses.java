package dev.sluice.ports;

import dev.sluice.wire.IpAddress;
import dev.sluice.wire.Layouts;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/** struct sockaddr_in and struct sockaddr_in6 (netinet/in.h), struct sockaddr_un (unix(7)). Pure functions; reading allocates nothing. */
final class SocketAddresses {
    static final int BYTES_MAX = 28;

    private static final int SUN_PATH_BYTES = 108;
    private static final int IPV4_BYTES = 16;
    private static final int IPV6_BYTES = 28;
    private static final int PORT = 2;
    private static final int IPV4_ADDRESS = 4;
    private static final int IPV6_ADDRESS = 8;
    private static final int SCOPE = 24;

    private SocketAddresses() {}

    static MemorySegment write(Arena arena, IpAddress address, int port, int interfaceIndex) {
        boolean four = address.isIpv4();
        MemorySegment f = arena.allocate(four ? IPV4_BYTES : IPV6_BYTES, 8);
        f.set(ValueLayout.JAVA_SHORT, 0, (short) (four ? KernelConstants.AF_INET : KernelConstants.AF_INET6));
        Layouts.putU16(f, PORT, port);
        if (four) {
            f.set(Layouts.BE32, IPV4_ADDRESS, address.ipv4Bits());
        } else {
            f.set(Layouts.BE64, IPV6_ADDRESS, address.hi());
            f.set(Layouts.BE64, IPV6_ADDRESS + 8, address.lo());
            f.set(ValueLayout.JAVA_INT, SCOPE, interfaceIndex);
        }
        return f;
    }

    /** As long as its address is; what begins with an at sign is an abstract name, whose first byte is zero. What is too long for one is cut off, and names nothing. */
    static MemorySegment unix(Arena arena, String name) {
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        boolean isAbstract = name.startsWith("@");
        int length = Math.min(text.length, SUN_PATH_BYTES - 1);
        // A path ends with a zero byte.
        MemorySegment f = arena.allocate(Short.BYTES + length + (isAbstract ? 0L : 1L), Short.BYTES);
        f.set(ValueLayout.JAVA_SHORT, 0, (short) KernelConstants.AF_UNIX);
        MemorySegment.copy(text, 0, f, ValueLayout.JAVA_BYTE, Short.BYTES, length);
        if (isAbstract) {
            f.set(ValueLayout.JAVA_BYTE, Short.BYTES, (byte) 0);
        }
        return f;
    }

    private static boolean isIpv4(MemorySegment f, long at) {
        return f.get(ValueLayout.JAVA_SHORT, at) == KernelConstants.AF_INET;
    }

    static long hi(MemorySegment f, long at) {
        return isIpv4(f, at) ? 0 : f.get(Layouts.BE64, at + IPV6_ADDRESS);
    }

    static long lo(MemorySegment f, long at) {
        return isIpv4(f, at) ? ipv4(f, at + IPV4_ADDRESS) : f.get(Layouts.BE64, at + IPV6_ADDRESS + 8);
    }

    /** Four bytes in network order as the lower half of an IPv4-mapped address. */
    static long ipv4(MemorySegment f, long at) {
        return IpAddress.IPV4_MAPPED | Layouts.u32(f, at);
    }

    static int port(MemorySegment f, long at) {
        return Layouts.u16(f, at + PORT);
    }
}
