package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Network service header (RFC 8300) and its context headers (RFC 8300 2.5.1, RFC 9263). */
class NshTest {
    private static final int LINK = 14;

    @Test
    void readsEveryFieldOfBaseAndServicePathHeader() {
        // Ver 0, O set, U set, TTL 0b101010, length 6, U bits set, MD type 1, next protocol 3, SPI 0xabcdef, SI 0x12.
        MemorySegment f = SampleFrames.segment("3a86f103" + "abcdef12" + "00".repeat(16));
        assertThat(Nsh.check(f, 0, 24)).isEqualTo(24);
        assertThat(Nsh.version(f, 0)).isZero();
        assertThat(Nsh.isOam(f, 0)).isTrue();
        assertThat(Nsh.ttl(f, 0)).isEqualTo(0b101010);
        assertThat(Nsh.headerBytes(f, 0)).isEqualTo(24);
        assertThat(Nsh.mdType(f, 0)).isEqualTo(Nsh.MD_FIXED);
        assertThat(Nsh.nextProtocol(f, 0)).isEqualTo(Nsh.NEXT_ETHERNET);
        assertThat(Nsh.spi(f, 0)).isEqualTo(0xabcdef);
        assertThat(Nsh.si(f, 0)).isEqualTo(0x12);
        assertThat(Nsh.path(f, 0)).isEqualTo(0xabcdef12);
        assertThat(NshContext.check(f, 0)).as("fixed context is no list").isZero();
    }

    @Test
    void settersLeaveAllOtherBitsAlone() {
        MemorySegment f = SampleFrames.segment("3a86f103abcdef12");
        Nsh.setTtl(f, 0, 63);
        assertThat(SampleFrames.hex(f)).isEqualTo("3fc6f103abcdef12");
        Nsh.setOam(f, 0, false);
        assertThat(SampleFrames.hex(f)).isEqualTo("1fc6f103abcdef12");
        Nsh.setTtl(f, 0, 0);
        Nsh.setOam(f, 0, true);
        assertThat(SampleFrames.hex(f)).isEqualTo("3006f103abcdef12");
        Nsh.setPath(f, 0, 0x010203, 255);
        Nsh.setNextProtocol(f, 0, Nsh.NEXT_MPLS);
        assertThat(SampleFrames.hex(f)).isEqualTo("3006f105010203ff");
    }

    @Test
    void refusesVersionsTypesAndLengthsThatAreNotThoseOfTheSpecification() {
        assertThat(check("4fc20203000001ff", 8)).isEqualTo(Malformed.NSH_VERSION);
        assertThat(check("cfc20203000001ff", 8)).isEqualTo(Malformed.NSH_VERSION);
        assertThat(check("0fc20203000001ff", 8)).as("type 2 without context").isEqualTo(8);
        assertThat(check("0fc20203000001ff", 7)).isEqualTo(Malformed.NSH_TRUNCATED);
        assertThat(check("0fc30203000001ff", 8)).isEqualTo(Malformed.NSH_TRUNCATED);
        assertThat(check("0fc10203000001ff", 8)).isEqualTo(Malformed.NSH_LENGTH);
        assertThat(check("0fc00203000001ff", 8)).isEqualTo(Malformed.NSH_LENGTH);
        assertThat(check("0fc20103000001ff", 8)).as("type 1 has 6 words").isEqualTo(Malformed.NSH_LENGTH);
        assertThat(check("0fc70103000001ff" + "00".repeat(20), 28)).isEqualTo(Malformed.NSH_LENGTH);
        assertThat(check("0fc60103000001ff" + "00".repeat(15), 23)).isEqualTo(Malformed.NSH_TRUNCATED);
        for (String type : new String[] {"00", "03", "0e", "0f"}) {
            assertThat(check("0fc2" + type + "03000001ff", 8)).isEqualTo(Malformed.NSH_MD_TYPE);
        }
    }

    private static int check(String hex, int bytes) {
        return Nsh.check(SampleFrames.segment(hex), 0, bytes);
    }

    @Test
    void ttlIsCountedDownAndZeroIsTakenForSixtyFour() {
        MemorySegment f = SampleFrames.segment("3086f203000001ff");
        assertThat(Nsh.decrementTtl(f, 0)).isEqualTo(1);
        assertThat(Nsh.decrementTtl(f, 0)).as("must not be forwarded").isZero();
        assertThat(Nsh.decrementTtl(f, 0)).as("RFC 8300 2.2").isEqualTo(63);
        assertThat(SampleFrames.hex(f)).isEqualTo("3fc6f203000001ff");
    }

    @Test
    void serviceIndexIsCountedDownAndStopsAtZero() {
        MemorySegment f = SampleFrames.segment("0fc2020300000102");
        assertThat(Nsh.decrementSi(f, 0)).isEqualTo(1);
        assertThat(Nsh.decrementSi(f, 0)).isZero();
        assertThat(Nsh.decrementSi(f, 0)).isEqualTo(Malformed.NSH_INDEX);
        assertThat(Nsh.path(f, 0)).isEqualTo(0x00000100);
    }

    @Test
    void nextProtocolsHaveTheirEthernetTypes() {
        assertThat(Nsh.etherTypeOf(Nsh.NEXT_IPV4)).isEqualTo(EtherTypes.IPV4);
        assertThat(Nsh.etherTypeOf(Nsh.NEXT_IPV6)).isEqualTo(EtherTypes.IPV6);
        assertThat(Nsh.etherTypeOf(Nsh.NEXT_ETHERNET)).isEqualTo(EtherTypes.TEB);
        assertThat(Nsh.etherTypeOf(Nsh.NEXT_NSH)).isEqualTo(EtherTypes.NSH);
        assertThat(Nsh.etherTypeOf(Nsh.NEXT_MPLS)).isEqualTo(EtherTypes.MPLS);
        assertThat(Nsh.etherTypeOf(Nsh.NEXT_NONE)).isEqualTo(-1);
        assertThat(Nsh.etherTypeOf(0xfe)).isEqualTo(-1);
    }

    @Test
    void readsContextHeadersThatAnotherImplementationWrote() {
        MemorySegment f = SampleFrames.segment(SampleFrames.NSH_ETHERNET);
        assertThat(Nsh.check(f, LINK, (int) f.byteSize() - LINK)).isEqualTo(64);
        assertThat(Nsh.isOam(f, LINK)).isTrue();
        ServiceMetadata metadata = new ServiceMetadata();
        assertThat(metadata.read(f, LINK)).isEqualTo(4);
        assertThat(metadata.has(ServiceMetadata.TENANT | ServiceMetadata.GROUPS | ServiceMetadata.SLUICE))
                .isTrue();
        assertThat(metadata.has(ServiceMetadata.POLICY_ID)).isFalse();
        assertThat(metadata.tenant()).isEqualTo(7);
        assertThat(metadata.sourceGroup()).isEqualTo(1);
        assertThat(metadata.destinationGroup()).isEqualTo(2);
        assertThat(metadata.flags()).isEqualTo(SluiceContext.REVERSE | SluiceContext.TRACED);
        assertThat(metadata.chainTag()).isEqualTo(3000);
        assertThat(metadata.programTag()).isEqualTo(SluiceContext.ACCEPT << 24);
        assertThat(metadata.traceId()).isEqualTo(0x1111_1111_1111_1111L);
        assertThat(metadata.unknown()).as("class 0x0102").isEqualTo(1);
        long unknown = NshContext.find(f, LINK, 0x010203);
        assertThat(NshContext.valueBytes(f, unknown)).as("no multiple of 4").isEqualTo(5);
        assertThat(NshContext.next(f, unknown)).isEqualTo(NshContext.end(f, LINK));
    }

    @Test
    void exampleOfTheReferencePageIsReadAsItSays() {
        MemorySegment f = SampleFrames.segment("0f8d0203 123456fe 00000504 00000007 00000908 00000001 00000002 fff60114"
                + "01c00000 00000bb8 02000000 11111111 11111111");
        NshHeader expected = new NshHeader(
                false,
                62,
                Nsh.NEXT_ETHERNET,
                0x123456,
                254,
                new NshHeader.Variable(List.of(
                        NshContextHeader.of32(NshContext.TENANT, 7),
                        NshContextHeader.groups(1, 2),
                        NshContextHeader.sluice(
                                SluiceContext.REVERSE | SluiceContext.TRACED,
                                3000,
                                SluiceContext.ACCEPT << 24,
                                0x1111_1111_1111_1111L))));
        assertThat(Nsh.check(f, 0, 52)).isEqualTo(52);
        assertThat(NshContext.check(f, 0)).isEqualTo(3);
        assertThat(NshHeader.read(f, 0)).isEqualTo(expected);
    }

    @Test
    void refusesAContextHeaderThatReachesBeyondTheHeader() {
        MemorySegment f = SampleFrames.segment("0fc40203000001ff" + "00000505" + "00000007" + "ffffffff");
        assertThat(Nsh.check(f, 0, 20)).isEqualTo(16);
        assertThat(NshContext.check(f, 0)).isEqualTo(Malformed.NSH_CONTEXT_LENGTH);
        ServiceMetadata metadata = new ServiceMetadata();
        assertThat(metadata.read(f, 0)).isEqualTo(Malformed.NSH_CONTEXT_LENGTH);
        assertThat(metadata.present()).isZero();
        Layouts.putU8(f, 11, 0x84);
        assertThat(NshContext.check(f, 0)).as("bit U is ignored").isEqualTo(1);
        assertThat(metadata.read(f, 0)).isEqualTo(1);
        assertThat(metadata.tenant()).isEqualTo(7);
    }

    @Test
    void identifiersOfOneToEightBytesAreNumbersAndLongerOnesAreCarriedOn() {
        NshHeader header = new NshHeader(
                false,
                63,
                Nsh.NEXT_IPV4,
                1,
                255,
                new NshHeader.Variable(List.of(
                        new NshContextHeader(0, 0x05, "00112233445566778899aabbccddeeff"),
                        new NshContextHeader(0, 0x06, "ff"),
                        new NshContextHeader(0, 0x07, "010203"),
                        new NshContextHeader(0, 0x08, "ffffffffffffffff"),
                        new NshContextHeader(0, 0x0a, "fffffffe"),
                        new NshContextHeader(0, 0x0a, "00000001"),
                        new NshContextHeader(0, 0x09, "00000001"),
                        new NshContextHeader(0xfff6, 1, "02"),
                        new NshContextHeader(0, 0x00, ""))));
        MemorySegment f = SampleFrames.zeros(header.headerBytes());
        assertThat(header.write(f, 0)).isEqualTo(header.headerBytes());
        ServiceMetadata metadata = new ServiceMetadata();
        assertThat(metadata.read(f, 0)).isEqualTo(9);
        assertThat(metadata.present())
                .isEqualTo(ServiceMetadata.INGRESS_NODE
                        | ServiceMetadata.INGRESS_INTERFACE
                        | ServiceMetadata.FLOW_ID
                        | ServiceMetadata.POLICY_ID);
        assertThat(metadata.ingressNode()).isEqualTo(0xff);
        assertThat(metadata.ingressInterface()).isEqualTo(0x010203);
        assertThat(metadata.flowId()).isEqualTo(-1);
        assertThat(metadata.policyId()).as("the first one counts").isEqualTo(0xffff_fffeL);
        assertThat(metadata.unknown()).isEqualTo(4);
        assertThat(NshHeader.read(f, 0)).isEqualTo(header);
    }

    @Test
    void sluiceContextIsChangedInPlace() {
        NshHeader header = new NshHeader(
                false,
                63,
                Nsh.NEXT_ETHERNET,
                9,
                255,
                new NshHeader.Variable(
                        List.of(NshContextHeader.groups(-1, 5), NshContextHeader.sluice(0, 0xffff_ffff, 0, 0))));
        MemorySegment f = SampleFrames.zeros(header.headerBytes());
        header.write(f, 0);
        ServiceMetadata metadata = new ServiceMetadata();
        metadata.read(f, 0);
        long value = metadata.sluiceOffset();
        SluiceContext.setFlags(f, value, SluiceContext.ALL | SluiceContext.BOTH);
        SluiceContext.setProgram(f, value, SluiceContext.NEW_PATH, 0xabcdef);
        SluiceContext.setTraceId(f, value, 0x0123_4567_89ab_cdefL);
        assertThat(SampleFrames.hex(f.asSlice(value, SluiceContext.BYTES)))
                .isEqualTo("01300000" + "ffffffff" + "04abcdef" + "0123456789abcdef");
        assertThat(SluiceContext.action(f, value)).isEqualTo(SluiceContext.NEW_PATH);
        assertThat(SluiceContext.programPath(f, value)).isEqualTo(0xabcdef);
        assertThat(SluiceContext.isReverse(f, value)).isFalse();
        assertThat(SluiceContext.isTraced(f, value)).isFalse();
        metadata.read(f, 0);
        assertThat(metadata.sourceGroup()).isEqualTo(-1);
        assertThat(metadata.destinationGroup()).isEqualTo(5);
        assertThat(metadata.programTag()).isEqualTo(0x04abcdef);
    }

    @Test
    void sluiceContextOfAnotherVersionIsNotReadAndALongerOneIs() {
        String value = "01800000" + "00000007" + "00000000" + "0000000000000000";
        assertThat(present(value + "ffffffff")).isTrue();
        assertThat(present("02" + value.substring(2))).isFalse();
        assertThat(present(value.substring(2))).as("19 bytes").isFalse();
    }

    private static boolean present(String value) {
        NshHeader header = new NshHeader(
                false,
                63,
                Nsh.NEXT_NONE,
                1,
                1,
                new NshHeader.Variable(List.of(new NshContextHeader(0xfff6, 1, value))));
        MemorySegment f = SampleFrames.zeros(header.headerBytes());
        header.write(f, 0);
        ServiceMetadata metadata = new ServiceMetadata();
        assertThat(metadata.read(f, 0)).isEqualTo(1);
        return metadata.has(ServiceMetadata.SLUICE) && metadata.chainTag() == 7;
    }

    @Test
    void paddingIsZeroWhateverWasThere() {
        MemorySegment f = SampleFrames.segment("ff".repeat(12));
        assertThat(new NshContextHeader(1, 2, "aabbccddee").write(f, 0)).isEqualTo(12);
        assertThat(SampleFrames.hex(f)).isEqualTo("00010205" + "aabbccdd" + "ee000000");
        assertThat(new NshContextHeader(1, 2, "").write(f, 0)).isEqualTo(4);
        assertThat(SampleFrames.hex(f)).isEqualTo("00010200" + "aabbccdd" + "ee000000");
    }

    @Test
    void valuesThatCannotBeWrittenCannotBeMade() {
        NshHeader.Metadata none = new NshHeader.Variable(List.of());
        assertThatThrownBy(() -> new NshHeader(false, 63, 1, 1 << 24, 255, none))
                .hasMessageContaining("SPI 16777216 is outside 0..16777215 (24 bits, RFC 8300 2.3)");
        assertThatThrownBy(() -> new NshHeader(false, 64, 1, 1, 255, none)).hasMessageContaining("TTL 64");
        assertThatThrownBy(() -> new NshHeader(false, 63, 1, 1, 256, none)).hasMessageContaining("SI 256");
        assertThatThrownBy(() -> new NshHeader.Fixed("00")).hasMessageContaining("is not 16");
        assertThatThrownBy(() -> new NshContextHeader(1, 1, "00".repeat(128))).hasMessageContaining("0..127");
        NshContextHeader longest = new NshContextHeader(1, 1, "00".repeat(127));
        assertThatThrownBy(() -> new NshHeader.Variable(List.of(longest, longest)))
                .hasMessageContaining("264 bytes are outside 0..244");
    }
}
