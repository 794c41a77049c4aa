package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Geneve header and options (RFC 8926 3.4, 3.5), and those of gateway load balancers. */
class GeneveTest {
    private static final int UDP_PAYLOAD = 42;
    private static final int UDP6_PAYLOAD = 62;

    @Test
    void readsEveryFieldOfTheHeader() {
        // Ver 0, Opt Len 1, O and C, reserved bits set, protocol 0x6558, VNI 0x123456, reserved byte set.
        MemorySegment f = SampleFrames.segment("01ff6558" + "123456ff" + "00000000");
        assertThat(Geneve.check(f, 0, 12)).isEqualTo(12);
        assertThat(Geneve.version(f, 0)).isZero();
        assertThat(Geneve.optionBytes(f, 0)).isEqualTo(4);
        assertThat(Geneve.isControl(f, 0)).isTrue();
        assertThat(Geneve.saysCritical(f, 0)).isTrue();
        assertThat(Geneve.protocol(f, 0)).isEqualTo(EtherTypes.TEB);
        assertThat(Geneve.vni(f, 0)).isEqualTo(0x123456);
        Layouts.putU8(f, 1, 0x40);
        assertThat(Geneve.isControl(f, 0)).isFalse();
    }

    @Test
    void readsTheHighestVni() {
        assertThat(Geneve.vni(SampleFrames.segment("00006558ffffffff"), 0)).isEqualTo(0xff_ffff);
    }

    @Test
    void refusesOtherVersionsAndLengthsThatDoNotFit() {
        for (String version : new String[] {"40", "80", "c0"}) {
            MemorySegment f = SampleFrames.segment(version + "00655800000000");
            assertThat(Geneve.check(f, 0, 8)).isEqualTo(Malformed.GENEVE_VERSION);
        }
        assertThat(Geneve.check(SampleFrames.zeros(7), 0, 7)).isEqualTo(Malformed.GENEVE_TRUNCATED);
        MemorySegment longest = SampleFrames.zeros(260);
        Layouts.putU8(longest, 0, 0x3f);
        assertThat(Geneve.check(longest, 0, 260)).isEqualTo(260);
        assertThat(Geneve.check(longest, 0, 259)).isEqualTo(Malformed.GENEVE_TRUNCATED);
        assertThat(GeneveOptions.check(longest, 0))
                .as("63 options without data")
                .isEqualTo(63);
    }

    @Test
    void walksOptionsOfAnyClassLengthAndOrder() {
        MemorySegment f = SampleFrames.segment(SampleFrames.GENEVE6_OPTIONS);
        assertThat(GeneveOptions.check(f, UDP6_PAYLOAD)).isEqualTo(3);
        long first = GeneveOptions.first(UDP6_PAYLOAD);
        assertThat(GeneveOptions.kind(f, first)).isEqualTo(GeneveOptions.SERVICED);
        assertThat(f.get(Layouts.BE32, GeneveOptions.data(first))).isEqualTo(42);
        long second = GeneveOptions.next(f, first);
        assertThat(GeneveOptions.optionClass(f, second)).isEqualTo(0x0102);
        assertThat(GeneveOptions.type(f, second)).isEqualTo(0x80);
        assertThat(GeneveOptions.isCritical(f, second)).isTrue();
        long third = GeneveOptions.next(f, second);
        assertThat(GeneveOptions.dataBytes(f, third)).isZero();
        assertThat(GeneveOptions.isCritical(f, third)).isFalse();
        assertThat(GeneveOptions.next(f, third)).isEqualTo(GeneveOptions.end(f, UDP6_PAYLOAD));
        assertThat(GeneveOptions.find(f, UDP6_PAYLOAD, 0x010211)).isEqualTo(third);
        assertThat(GeneveOptions.find(f, UDP6_PAYLOAD, 0x010212)).isEqualTo(-1);
    }

    @Test
    void refusesAnOptionThatReachesBeyondTheList() {
        // Opt Len 2; the first option claims two words of data, the whole packet would have room for them.
        MemorySegment f = SampleFrames.segment("0200655800000100" + "0102000200000000" + "ffffffffffffffff");
        assertThat(Geneve.check(f, 0, 24)).isEqualTo(16);
        assertThat(GeneveOptions.check(f, 0)).isEqualTo(Malformed.GENEVE_OPTION_LENGTH);
        Layouts.putU8(f, 11, 0xe1);
        assertThat(GeneveOptions.check(f, 0))
                .as("reserved bits of the length are ignored")
                .isEqualTo(1);
        Layouts.putU8(f, 11, 0x1f);
        assertThat(GeneveOptions.check(f, 0)).isEqualTo(Malformed.GENEVE_OPTION_LENGTH);
    }

    @Test
    void refusesUnknownCriticalOptionsWhateverTheHeaderSays() {
        MemorySegment f = SampleFrames.segment(SampleFrames.GENEVE6_OPTIONS);
        assertThat(GeneveOptions.checkCritical(f, UDP6_PAYLOAD, new int[0]))
                .isEqualTo(Malformed.GENEVE_OPTION_CRITICAL);
        assertThat(GeneveOptions.checkCritical(f, UDP6_PAYLOAD, new int[] {0x010300, 0x010280}))
                .isZero();
        Layouts.putU8(f, UDP6_PAYLOAD + 1, 0);
        assertThat(Geneve.saysCritical(f, UDP6_PAYLOAD)).isFalse();
        assertThat(GeneveOptions.checkCritical(f, UDP6_PAYLOAD, new int[] {0x010281}))
                .isEqualTo(Malformed.GENEVE_OPTION_CRITICAL);
    }

    @Test
    void writesHeaderAndOptions() {
        GeneveHeader header = new GeneveHeader(
                true,
                EtherTypes.NSH,
                0xabcdef,
                List.of(new GeneveOption(0xff53, 1, "0000002a"), new GeneveOption(0x0102, 0x81, "")));
        MemorySegment f = SampleFrames.zeros(21);
        assertThat(header.write(f, 1)).isEqualTo(20).isEqualTo(header.headerBytes());
        assertThat(SampleFrames.hex(f)).isEqualTo("00" + "03c0894fabcdef00" + "ff5301010000002a" + "01028100");
        assertThat(GeneveHeader.read(f, 1)).isEqualTo(header);
    }

    @Test
    void valuesThatCannotBeWrittenCannotBeMade() {
        assertThatThrownBy(() -> new GeneveHeader(false, EtherTypes.TEB, 1 << 24, List.of()))
                .hasMessageContaining("VNI 16777216 is outside 0..16777215");
        assertThatThrownBy(() -> new GeneveOption(1, 1, "00")).hasMessageContaining("multiple of 4");
        assertThatThrownBy(() -> new GeneveOption(1, 1, "0000000G")).hasMessageContaining("hexadecimal");
        GeneveOption longest = new GeneveOption(1, 1, "00".repeat(124));
        assertThatThrownBy(() -> new GeneveHeader(false, EtherTypes.TEB, 1, List.of(longest, longest)))
                .hasMessageContaining("256 bytes are outside 0..252");
    }

    @Test
    void readsTheOptionsOfGatewayLoadBalancers() {
        MemorySegment f = SampleFrames.segment(SampleFrames.GENEVE4_GWLB);
        assertThat(Geneve.check(f, UDP_PAYLOAD, (int) f.byteSize() - UDP_PAYLOAD))
                .isEqualTo(40);
        assertThat(Geneve.protocol(f, UDP_PAYLOAD)).isEqualTo(EtherTypes.IPV4);
        assertThat(GeneveOptions.check(f, UDP_PAYLOAD)).isEqualTo(3);
        assertThat(GwlbOptions.check(f, UDP_PAYLOAD))
                .isEqualTo(GwlbOptions.HAS_ENDPOINT | GwlbOptions.HAS_ATTACHMENT | GwlbOptions.HAS_COOKIE);
        assertThat(GwlbOptions.endpoint(f, UDP_PAYLOAD)).isEqualTo(0x0102_0304_0506_0708L);
        assertThat(GwlbOptions.attachment(f, UDP_PAYLOAD)).isEqualTo(0x1112_1314_1516_1718L);
        assertThat(GwlbOptions.cookie(f, UDP_PAYLOAD)).isEqualTo(0xdead_beef);
    }

    @Test
    void writesTheOptionsOfGatewayLoadBalancersAsAnotherImplementationDoes() {
        MemorySegment f = SampleFrames.segment(SampleFrames.GENEVE4_GWLB);
        MemorySegment own = SampleFrames.zeros(40);
        Geneve.write(own, 0, GwlbOptions.BYTES, false, false, EtherTypes.IPV4, 0);
        assertThat(GwlbOptions.write(own, 8, 0x0102_0304_0506_0708L, 0x1112_1314_1516_1718L, 0xdead_beef))
                .isEqualTo(32);
        assertThat(SampleFrames.hex(own)).isEqualTo(SampleFrames.hex(f.asSlice(UDP_PAYLOAD, 40)));
    }

    @Test
    void findsGatewayLoadBalancerOptionsInAnyOrderAmongOthersAndSaysWhichAreMissing() {
        GeneveHeader header = new GeneveHeader(
                false,
                EtherTypes.IPV6,
                0,
                List.of(
                        new GeneveOption(0x0108, 3, "00000001"),
                        new GeneveOption(0x0108, 4, "00000009"),
                        new GeneveOption(0x0107, 1, ""),
                        new GeneveOption(0x0108, 1, "8000000000000002")));
        MemorySegment f = SampleFrames.zeros(header.headerBytes());
        header.write(f, 0);
        assertThat(GwlbOptions.check(f, 0)).isEqualTo(GwlbOptions.HAS_COOKIE | GwlbOptions.HAS_ENDPOINT);
        assertThat(GwlbOptions.cookie(f, 0)).isEqualTo(1);
        assertThat(GwlbOptions.endpoint(f, 0)).isEqualTo(0x8000_0000_0000_0002L);
    }

    @Test
    void refusesGatewayLoadBalancerOptionsOfAnotherLength() {
        for (int type = 1; type <= 3; type++) {
            GeneveHeader header = new GeneveHeader(
                    false, EtherTypes.IPV4, 0, List.of(new GeneveOption(0x0108, type, type == 3 ? "" : "00000000")));
            MemorySegment f = SampleFrames.zeros(header.headerBytes());
            header.write(f, 0);
            assertThat(GwlbOptions.check(f, 0)).isEqualTo(Malformed.GWLB_OPTION_LENGTH);
        }
    }
}
