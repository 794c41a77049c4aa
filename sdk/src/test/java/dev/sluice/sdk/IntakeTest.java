package dev.sluice.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.GeneveHeader;
import dev.sluice.wire.GeneveOption;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.Nsh;
import dev.sluice.wire.NshHeader;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class IntakeTest {
    private static final byte[] FRAME = Samples.udp(Samples.CLIENT, Samples.SERVER, 1024, 53, Samples.bytes("hello"));
    private static final byte[] GOOD = Samples.datagram(FRAME);
    private static final int NSH = 8;
    private static final int SLUICE_LENGTH = NSH + 8 + 8 + 8 + 12 + 8 + 3;

    /** One packet for each reason that the contents of a datagram can give. */
    static Map<NodeDrop, byte[]> refused() {
        Map<NodeDrop, byte[]> packets = new TreeMap<>();
        packets.put(NodeDrop.GENEVE_TRUNCATED, Arrays.copyOf(GOOD, 7));
        packets.put(NodeDrop.GENEVE_VERSION, Samples.with(GOOD, 0, 0x40));
        byte[] options = Samples.datagram(Samples.geneve(new GeneveOption(1, 1, "00000000")), Samples.nsh(1, 0), FRAME);
        packets.put(NodeDrop.GENEVE_OPTION_LENGTH, Samples.with(options, 11, 0x1f));
        packets.put(
                NodeDrop.GENEVE_OPTION_CRITICAL,
                Samples.datagram(Samples.geneve(new GeneveOption(1, 0x81, "")), Samples.nsh(1, 0), FRAME));
        packets.put(
                NodeDrop.GENEVE_CONTROL,
                Samples.datagram(
                        new GeneveHeader(true, EtherTypes.NSH, Samples.SVNI, List.of()), Samples.nsh(1, 0), FRAME));
        packets.put(
                NodeDrop.PLANE_NOT_ALLOWED,
                Samples.datagram(
                        new GeneveHeader(false, EtherTypes.NSH, Samples.SVNI + 1, List.of()),
                        Samples.nsh(1, 0),
                        FRAME));
        packets.put(NodeDrop.NOT_NSH, Samples.with(Samples.with(GOOD, 2, 0x65), 3, 0x58));
        packets.put(NodeDrop.NSH_TRUNCATED, Arrays.copyOf(GOOD, NSH + 7));
        packets.put(NodeDrop.NSH_VERSION, Samples.with(GOOD, NSH, 0x4f));
        packets.put(NodeDrop.NSH_LENGTH, Samples.with(GOOD, NSH + 1, 0x81));
        packets.put(NodeDrop.NSH_MD_TYPE, Samples.with(GOOD, NSH + 2, 3));
        packets.put(NodeDrop.NSH_CONTEXT_LENGTH, Samples.with(GOOD, SLUICE_LENGTH, 0x7f));
        packets.put(NodeDrop.NSH_OAM, Samples.with(GOOD, NSH, GOOD[NSH] | 0x20));
        packets.put(NodeDrop.NSH_TTL, Samples.with(Samples.with(GOOD, NSH, 0), NSH + 1, GOOD[NSH + 1] & 0x3f));
        packets.put(NodeDrop.NSH_INDEX, Samples.with(GOOD, NSH + 7, 0));
        packets.put(NodeDrop.PAYLOAD_UNKNOWN, Samples.with(GOOD, NSH + 3, Nsh.NEXT_MPLS));
        packets.put(NodeDrop.PAYLOAD_TRUNCATED, Arrays.copyOf(GOOD, GOOD.length - FRAME.length + 13));
        return packets;
    }

    @Test
    void refusesEachKindOfMalformedAndForeignPacketForItsOwnReason() {
        refused()
                .forEach((reason, packet) ->
                        assertThat(check(packet)).as(Samples.hex(packet)).isEqualTo(reason));
    }

    @Test
    void everyReasonOfThePacketItselfIsAmongThem() {
        EnumSet<NodeDrop> refusals = EnumSet.allOf(NodeDrop.class);
        refusals.removeIf(reason -> !reason.isRefusal());
        refusals.remove(NodeDrop.SENDER_NOT_ALLOWED);
        assertThat(refused().keySet()).containsExactlyInAnyOrderElementsOf(refusals);
    }

    @Test
    void takesFramesAndBarePacketsWithAnyMetadata() {
        assertThat(check(GOOD)).isNull();
        byte[] ip = Arrays.copyOfRange(FRAME, 14, FRAME.length);
        assertThat(check(Samples.datagram(Samples.geneve(), Samples.nsh(Nsh.NEXT_IPV4, List.of()), ip)))
                .isNull();
        NshHeader fixed = new NshHeader(false, 1, Nsh.NEXT_ETHERNET, 1, 1, new NshHeader.Fixed("00".repeat(16)));
        assertThat(check(Samples.datagram(Samples.geneve(), fixed, FRAME))).isNull();
        assertThat(check(Samples.datagram(
                        Samples.geneve(new GeneveOption(0x108, 1, "0011223344556677"), new GeneveOption(9, 9, "")),
                        Samples.nsh(1, 0),
                        FRAME)))
                .as("options that are not critical are of no concern")
                .isNull();
    }

    @Test
    void takesAllPlanesIfNoneIsNamed() {
        byte[] other = refused().getOrDefault(NodeDrop.PLANE_NOT_ALLOWED, GOOD);
        assertThat(new Intake().check(MemorySegment.ofArray(other), other.length))
                .isNull();
    }

    @Test
    void cutAndDamagedPacketsAreAnsweredWithoutReadingBeyondThem() {
        long seed = 11;
        Random random = new Random(seed);
        for (int i = 0; i < 200_000; i++) {
            byte[] packet = GOOD.clone();
            for (int changes = random.nextInt(4); changes > 0; changes--) {
                packet[random.nextInt(packet.length)] = (byte) random.nextInt();
            }
            int bytes = random.nextBoolean() ? packet.length : random.nextInt(packet.length + 1);
            // The segment ends with the packet: whatever reads beyond it throws.
            MemorySegment f = MemorySegment.ofArray(Arrays.copyOf(packet, bytes));
            Intake intake = new Intake(Samples.SVNI);
            if (intake.check(f, bytes) == null) {
                assertThat(intake.payloadOffset() + intake.payloadBytes())
                        .as("seed %d, packet %d: %s", seed, i, Samples.hex(packet))
                        .isEqualTo(bytes);
                new InnerPacket().read(f, intake.payloadOffset(), intake.payloadBytes(), intake.payloadType());
            }
        }
    }

    @Test
    void innerPacketsAreReadUnderTagsAndInBothFamilies() {
        InnerPacket packet = new InnerPacket();
        byte[] six = Samples.tcp(Samples.CLIENT6, Samples.SERVER6, 1024, 443, 77, 0x18, Samples.bytes("data"));
        assertThat(packet.read(MemorySegment.ofArray(six), 0, six.length, EtherTypes.TEB))
                .isTrue();
        assertThat(packet).hasToString("tcp [2001:db8::1]:1024 > [2001:db8::2]:443");
        assertThat(data(six, packet)).isEqualTo("data");
        byte[] tagged = new byte[FRAME.length + 4];
        System.arraycopy(FRAME, 0, tagged, 0, 12);
        System.arraycopy(FRAME, 12, tagged, 16, FRAME.length - 12);
        Layouts.putU16(MemorySegment.ofArray(tagged), 12, EtherTypes.VLAN);
        assertThat(packet.read(MemorySegment.ofArray(tagged), 0, tagged.length, EtherTypes.TEB))
                .isTrue();
        assertThat(packet).hasToString("udp 192.0.2.1:1024 > 198.51.100.2:53");
        assertThat(data(tagged, packet)).isEqualTo("hello");
        assertThat(packet.read(MemorySegment.ofArray(tagged), 0, 15, EtherTypes.TEB))
                .isFalse();
        assertThat(packet.problem()).isNegative();
    }

    private static String data(byte[] frame, InnerPacket packet) {
        return new String(frame, packet.dataOffset(), packet.dataBytes(), java.nio.charset.StandardCharsets.UTF_8);
    }

    private static @Nullable NodeDrop check(byte[] packet) {
        return new Intake(Samples.SVNI).check(MemorySegment.ofArray(packet), packet.length);
    }
}
