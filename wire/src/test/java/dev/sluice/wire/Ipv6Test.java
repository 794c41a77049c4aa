package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class Ipv6Test {
    private static final String ADDRESSES = "20010db8000000000000000000000001" + "20010db8000000000000000000000002";

    /** A packet with the given next header and payload in hexadecimal digits. */
    private static MemorySegment packet(int nextHeader, String payload) {
        MemorySegment f = SampleFrames.segment("6000000000000040" + ADDRESSES + payload);
        Ipv6.setNextHeader(f, 0, nextHeader);
        Ipv6.setPayloadLength(f, 0, payload.length() / 2);
        return f;
    }

    private static long walk(MemorySegment f) {
        return Ipv6Extensions.walk(f, 0, (int) f.byteSize());
    }

    private static long walkFrame(String hex) {
        MemorySegment f = SampleFrames.segment(hex);
        return Ipv6Extensions.walk(f, 14, (int) f.byteSize() - 14);
    }

    @Test
    void readsEveryFieldOfAnotherImplementation() {
        MemorySegment f = SampleFrames.segment(SampleFrames.QINQ_UDP6);
        assertThat(Ipv6.check(f, 22, (int) f.byteSize() - 22)).isEqualTo(40);
        assertThat(Ipv6.version(f, 22)).isEqualTo(6);
        assertThat(Ipv6.trafficClass(f, 22)).isEqualTo(0xb8);
        assertThat(Ipv6.flowLabel(f, 22)).isEqualTo(0x12345);
        assertThat(Ipv6.payloadLength(f, 22)).isEqualTo(11);
        assertThat(Ipv6.nextHeader(f, 22)).isEqualTo(IpProtocols.UDP);
        assertThat(Ipv6.hopLimit(f, 22)).isEqualTo(64);
        assertThat(Ipv6.sourceHi(f, 22)).isEqualTo(0x2001_0db8_0000_0000L);
        assertThat(Ipv6.sourceLo(f, 22)).isEqualTo(1);
        assertThat(Ipv6.destinationHi(f, 22)).isEqualTo(0x2001_0db8_0000_0000L);
        assertThat(Ipv6.destinationLo(f, 22)).isEqualTo(2);
    }

    @Test
    void writesEveryField() {
        MemorySegment f = SampleFrames.zeros(41);
        Ipv6.setVersionClassLabel(f, 1, 0xfe, 0xabcde);
        Ipv6.setPayloadLength(f, 1, 0xfedc);
        Ipv6.setNextHeader(f, 1, 200);
        Ipv6.setHopLimit(f, 1, 255);
        Ipv6.setSource(f, 1, 0x2001_0db8_0000_0000L, 1);
        Ipv6.setDestination(f, 1, 0x2001_0db8_0000_0000L, 2);
        assertThat(SampleFrames.hex(f)).isEqualTo("00" + "6feabcdefedcc8ff" + ADDRESSES);
    }

    @Test
    void refusesWrongVersionAndLength() {
        MemorySegment f = packet(IpProtocols.UDP, "0000000000080000");
        assertThat(Ipv6.check(f, 0, 48)).isEqualTo(40);
        assertThat(Ipv6.check(f, 0, 47)).isEqualTo(Malformed.IPV6_PAYLOAD_LENGTH);
        assertThat(Ipv6.check(f, 0, 39)).isEqualTo(Malformed.IPV6_TRUNCATED);
        Layouts.putU8(f, 0, 0x40);
        assertThat(Ipv6.check(f, 0, 48)).isEqualTo(Malformed.IPV6_VERSION);
    }

    @Test
    void refusesJumbogramsAndAcceptsAnEmptyPacket() {
        assertThat(walk(packet(IpProtocols.HOP_BY_HOP, ""))).isEqualTo(Malformed.IPV6_JUMBOGRAM);
        long empty = walk(packet(IpProtocols.NO_NEXT_HEADER, ""));
        assertThat(Ipv6Extensions.protocol(empty)).isEqualTo(IpProtocols.NO_NEXT_HEADER);
        assertThat(Ipv6Extensions.offset(empty)).isEqualTo(40);
    }

    @Test
    void decrementsTheHopLimitDownToZero() {
        MemorySegment f = packet(IpProtocols.NO_NEXT_HEADER, "");
        Ipv6.setHopLimit(f, 0, 2);
        assertThat(Ipv6.decrementHopLimit(f, 0)).isEqualTo(1);
        assertThat(Ipv6.decrementHopLimit(f, 0)).isZero();
        assertThat(Ipv6.decrementHopLimit(f, 0)).isZero();
        assertThat(Ipv6.hopLimit(f, 0)).isZero();
    }

    @Test
    void walksOverHopByHopDestinationRoutingAndAuthentication() {
        long walked = walkFrame(SampleFrames.EXTENSIONS6);
        assertThat(Ipv6Extensions.protocol(walked)).isEqualTo(IpProtocols.TCP);
        assertThat(Ipv6Extensions.offset(walked)).isEqualTo(40 + 8 + 8 + 24 + 24);
        assertThat(Ipv6Extensions.isFragment(walked)).isFalse();
        assertThat(Ipv6Extensions.hasSegmentsLeft(walked)).isTrue();
    }

    @Test
    void givesTheUpperLayerOfAFirstFragment() {
        long walked = walkFrame(SampleFrames.FRAGMENT6_FIRST);
        assertThat(Ipv6Extensions.protocol(walked)).isEqualTo(IpProtocols.UDP);
        assertThat(Ipv6Extensions.offset(walked)).isEqualTo(48);
        assertThat(Ipv6Extensions.isFragment(walked)).isTrue();
        assertThat(Ipv6Extensions.isLaterFragment(walked)).isFalse();
        assertThat(Ipv6Extensions.moreFragments(walked)).isTrue();
        assertThat(Ipv6Extensions.fragmentHeaderOffset(walked)).isEqualTo(40);
        assertThat(Ipv6Extensions.hasSegmentsLeft(walked)).isFalse();
    }

    @Test
    void stopsAtTheHeaderOfALaterFragment() {
        long walked = walkFrame(SampleFrames.FRAGMENT6_LATER);
        MemorySegment f = SampleFrames.segment(SampleFrames.FRAGMENT6_LATER);
        assertThat(Ipv6Extensions.protocol(walked)).isEqualTo(IpProtocols.UDP);
        assertThat(Ipv6Extensions.offset(walked)).isEqualTo(48);
        assertThat(Ipv6Extensions.isLaterFragment(walked)).isTrue();
        assertThat(Ipv6Extensions.moreFragments(walked)).isTrue();
        assertThat(Ipv6Extensions.fragmentOffset(walked)).isEqualTo(1448);
        assertThat(Ipv6Extensions.fragmentIdentification(f, 14, walked)).isEqualTo(0xcafe_babeL);
        // What follows a later fragment's header is not an extension header, even when it is announced as one.
        long announced = walk(packet(IpProtocols.FRAGMENT, "3c000008" + "00000001" + "ffffffffffffffff"));
        assertThat(Ipv6Extensions.protocol(announced)).isEqualTo(IpProtocols.DESTINATION_OPTIONS);
        assertThat(Ipv6Extensions.offset(announced)).isEqualTo(48);
    }

    @Test
    void treatsAnAtomicFragmentAsWholePacketWithFragmentHeader() {
        long walked = walk(packet(IpProtocols.FRAGMENT, "11000000" + "00000001" + "0001000200080000"));
        assertThat(Ipv6Extensions.isFragment(walked)).isTrue();
        assertThat(Ipv6Extensions.isLaterFragment(walked)).isFalse();
        assertThat(Ipv6Extensions.moreFragments(walked)).isFalse();
        assertThat(Ipv6Extensions.protocol(walked)).isEqualTo(IpProtocols.UDP);
    }

    @Test
    void carriesTheLargestFragmentOffset() {
        long walked = walk(packet(IpProtocols.FRAGMENT, "1100fff0" + "ffffffff" + "0011223344556677"));
        assertThat(Ipv6Extensions.fragmentOffset(walked)).isEqualTo(0xfff0);
        assertThat(walked).isPositive();
    }

    @Test
    void refusesFragmentsThatFitIntoNoPacket() {
        assertThat(walk(packet(IpProtocols.FRAGMENT, "1100fff8" + "00000001" + "0011223344556677")))
                .as("ends beyond 65535")
                .isEqualTo(Malformed.IPV6_FRAGMENT);
        assertThat(walk(packet(IpProtocols.FRAGMENT, "11000001" + "00000001" + "001122334455")))
                .as("not last, 6 bytes")
                .isEqualTo(Malformed.IPV6_FRAGMENT);
        assertThat(walk(packet(IpProtocols.FRAGMENT, "11000008" + "00000001")))
                .as("empty")
                .isEqualTo(Malformed.IPV6_FRAGMENT);
    }

    @Test
    void refusesHeadersInImpossibleOrder() {
        assertThat(walk(packet(IpProtocols.DESTINATION_OPTIONS, "0000010400000000" + "3b00010400000000")))
                .isEqualTo(Malformed.IPV6_EXTENSION_ORDER);
        assertThat(walk(packet(IpProtocols.FRAGMENT, "2c00000000000001" + "1100000000000001")))
                .isEqualTo(Malformed.IPV6_EXTENSION_ORDER);
    }

    @Test
    void walksEightHeadersAndRefusesNine() {
        String option = "3c00010400000000";
        String last = "3b00010400000000";
        assertThat(Ipv6Extensions.offset(walk(packet(IpProtocols.DESTINATION_OPTIONS, option.repeat(7) + last))))
                .isEqualTo(40 + 64);
        assertThat(walk(packet(IpProtocols.DESTINATION_OPTIONS, option.repeat(8) + last)))
                .isEqualTo(Malformed.IPV6_EXTENSION_COUNT);
    }

    @Test
    void refusesAHeaderThatReachesBeyondThePacket() {
        assertThat(walk(packet(IpProtocols.DESTINATION_OPTIONS, "3b01010400000000")))
                .isEqualTo(Malformed.IPV6_EXTENSION_TRUNCATED);
        assertThat(walk(packet(IpProtocols.AH, "3b01000000000000")))
                .as("AH of 12 bytes")
                .isEqualTo(Malformed.IPV6_EXTENSION_TRUNCATED);
        assertThat(walk(packet(IpProtocols.FRAGMENT, "11000000000000")))
                .as("fragment header of 7 bytes")
                .isEqualTo(Malformed.IPV6_EXTENSION_TRUNCATED);
        assertThat(walk(packet(IpProtocols.ROUTING, "3b"))).isEqualTo(Malformed.IPV6_EXTENSION_TRUNCATED);
    }

    @Test
    void holdsTheOffsetOfTheLongestChain() {
        String longest = "3cff" + "00".repeat(2046);
        String last = "3bff" + "00".repeat(2046);
        long walked = walk(packet(IpProtocols.DESTINATION_OPTIONS, longest.repeat(7) + last));
        assertThat(Ipv6Extensions.offset(walked)).isEqualTo(40 + 8 * 2048);
        assertThat(Ipv6Extensions.protocol(walked)).isEqualTo(IpProtocols.NO_NEXT_HEADER);
    }

    @Test
    void stopsAtEspBecauseItHidesWhatFollows() {
        long walked = walk(packet(IpProtocols.ESP, "0000000100000001"));
        assertThat(Ipv6Extensions.protocol(walked)).isEqualTo(IpProtocols.ESP);
        assertThat(Ipv6Extensions.offset(walked)).isEqualTo(40);
    }
}
