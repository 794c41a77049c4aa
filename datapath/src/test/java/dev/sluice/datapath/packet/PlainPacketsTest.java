package dev.sluice.datapath.packet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Layouts;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The short way through the parser takes plain packets, and fills in exactly what the long way does. */
class PlainPacketsTest {
    private static final int FRAMES = 300_000;
    private static final int BYTES = 96;
    private static final long START = 64;

    private final MemorySegment memory = MemorySegment.ofArray(new long[64]);
    private final Parser parser = new Parser(memory);

    @Test
    void readsWhatItTakesAsTheLongWayDoes() {
        long seed = Long.getLong("sluice.seed", 11);
        Random random = new Random(seed);
        int plain = 0;
        for (int n = 0; n < FRAMES; n++) {
            write(random);
            spoil(random);
            Batch shortWay = batch(random.nextInt(10) == 0 ? random.nextInt(BYTES) : BYTES);
            Batch longWay = batch(shortWay.length[0]);
            int parsed = PlainPackets.parse(shortWay, 0, memory);
            int expected = parser.parseClosely(longWay, 0);
            if (parsed == PlainPackets.OTHER) {
                continue;
            }
            plain++;
            assertThat(parsed).as("seed %d frame %d", seed, n).isEqualTo(expected);
            assertThat(fields(shortWay)).as("seed %d frame %d", seed, n).isEqualTo(fields(longWay));
        }
        assertThat(plain).as("plain ones of %d, seed %d", FRAMES, seed).isBetween(FRAMES / 10, FRAMES * 9 / 10);
    }

    /** Mostly a right packet, with up to one tag. */
    private void write(Random random) {
        for (long at = START; at < START + BYTES; at++) {
            Layouts.putU8(memory, at, random.nextInt(256));
        }
        Ethernet.setDestination(memory, START, 0x0200_0000_0000L | random.nextInt());
        Ethernet.setSource(memory, START, 0x0200_0000_0000L | (random.nextInt() & 0xffff_ffffL));
        boolean tagged = random.nextInt(3) == 0;
        long ip = START + Ethernet.BYTES + (tagged ? 4 : 0);
        Ethernet.setEtherType(memory, START, tagged ? EtherTypes.VLAN : EtherTypes.IPV4);
        if (tagged) {
            Layouts.putU16(memory, ip - 2, EtherTypes.IPV4);
        }
        boolean tcp = random.nextBoolean();
        int bytes = 40 + random.nextInt(30);
        Ipv4.setVersionAndHeaderBytes(memory, ip, Ipv4.BYTES);
        Ipv4.setTotalLength(memory, ip, bytes);
        Ipv4.setFragment(memory, ip, random.nextBoolean() ? Ipv4.DONT_FRAGMENT : 0, 0);
        Ipv4.setProtocol(memory, ip, tcp ? IpProtocols.TCP : IpProtocols.UDP);
        Ipv4.setSource(memory, ip, 0x0a00_0000 | random.nextInt(1 << 24));
        Ipv4.setDestination(memory, ip, 0x0a00_0000 | random.nextInt(1 << 24));
        Ipv4.updateChecksum(memory, ip);
        if (tcp) {
            Layouts.putU8(memory, ip + Ipv4.BYTES + 12, 5 << 4);
        } else {
            Layouts.putU16(memory, ip + Ipv4.BYTES + 4, bytes - Ipv4.BYTES);
        }
    }

    /** Every other frame: one byte of the headers changed, half of them with a checksum that is right for it. */
    private void spoil(Random random) {
        if (random.nextBoolean()) {
            return;
        }
        Layouts.putU8(memory, START + random.nextInt(60), random.nextInt(256));
        long ip = START + (Ethernet.etherType(memory, START) == EtherTypes.IPV4 ? Ethernet.BYTES : Ethernet.BYTES + 4);
        if (random.nextBoolean() && Ipv4.headerBytes(memory, ip) >= Ipv4.BYTES) {
            Ipv4.updateChecksum(memory, ip);
        }
    }

    /** With leftovers in every field that the parser has to write. */
    private static Batch batch(int bytes) {
        Batch batch = new Batch();
        batch.append(START, bytes, 0);
        batch.innerTag[0] = 7;
        batch.outerTag[0] = 7;
        batch.tcpFlags[0] = 7;
        batch.sourceHi[0] = 7;
        batch.destinationHi[0] = 7;
        return batch;
    }

    private static List<Long> fields(Batch b) {
        return List.of(
                (long) b.length[0],
                (long) b.l3[0],
                (long) b.l4[0],
                (long) b.etherType[0],
                (long) b.outerTag[0],
                (long) b.innerTag[0],
                b.sourceMac[0],
                b.destinationMac[0],
                b.sourceHi[0],
                b.sourceLo[0],
                b.destinationHi[0],
                b.destinationLo[0],
                (long) b.sourcePort[0],
                (long) b.destinationPort[0],
                (long) b.protocol[0],
                (long) b.tcpFlags[0],
                (long) b.dscp[0],
                b.hash[0]);
    }
}
