package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;

class AddressTest {
    private static final long SEED = 11;

    @Test
    void readsTheFormsOfRfc4291Section2() {
        IpAddress whole = new IpAddress(0x2001_0db8_0000_0000L, 0x0008_0800_200c_417aL);
        assertThat(IpAddress.parse("2001:DB8:0:0:8:800:200C:417A")).contains(whole);
        assertThat(IpAddress.parse("2001:db8::8:800:200c:417a")).contains(whole);
        assertThat(IpAddress.parse("::")).contains(IpAddress.ANY_V6);
        assertThat(IpAddress.parse("::1")).contains(new IpAddress(0, 1));
        assertThat(IpAddress.parse("ff01::")).contains(new IpAddress(0xff01_0000_0000_0000L, 0));
        assertThat(IpAddress.parse("::ffff:129.144.52.38")).contains(IpAddress.ofIpv4(0x8190_3426));
        assertThat(IpAddress.parse("129.144.52.38")).contains(IpAddress.ofIpv4(0x8190_3426));
    }

    @Test
    void refusesTextThatIsNoAddress() {
        for (String text : new String[] {
            "",
            "1.2.3",
            "1.2.3.4.5",
            "1.2.3.256",
            "01.2.3.4",
            "1.2.3.4 ",
            "1..2.3",
            ":",
            ":::",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9",
            "1::2::3",
            "12345::",
            "g::",
            "1:2:3:4:5:6:7::8:9",
            "1.2.3.4::",
            "::1.2.3",
            "1:",
            ":1"
        }) {
            assertThat(IpAddress.parse(text)).as("'%s'", text).isEmpty();
        }
    }

    @Test
    void writesTheCanonicalFormOfRfc5952() {
        for (String text : new String[] {
            "2001:db8::1",
            "2001:db8:0:1:1:1:1:1",
            "2001:0:0:1::1",
            "2001:db8::1:0:0:1",
            "::",
            "::1",
            "fe80::",
            "192.0.2.1"
        }) {
            assertThat(IpAddress.parse(text).orElseThrow()).hasToString(text);
        }
    }

    @Test
    void readsBackEveryAddressItWrites() {
        Random random = new Random(SEED);
        for (int round = 0; round < 10_000; round++) {
            // Masks make runs of zero groups common.
            long hi = random.nextLong() & groups(random);
            long lo = random.nextLong() & groups(random);
            IpAddress address = new IpAddress(hi, lo);
            assertThat(IpAddress.parse(address.toString())).as("seed %d", SEED).contains(address);
        }
    }

    private static long groups(Random random) {
        long mask = 0;
        for (int group = 0; group < 4; group++) {
            mask = mask << 16 | (random.nextBoolean() ? 0xffff : 0);
        }
        return mask;
    }

    @Test
    void keepsTheFamiliesOfBlocksApart() {
        IpPrefix v4 = IpPrefix.parse("10.1.0.0/16").orElseThrow();
        assertThat(v4.mappedBits()).isEqualTo(112);
        assertThat(v4.contains(IpAddress.ofIpv4(0x0a01_ffff))).isTrue();
        assertThat(v4.contains(IpAddress.ofIpv4(0x0a02_0000))).isFalse();
        IpPrefix all6 = IpPrefix.parse("::/0").orElseThrow();
        assertThat(all6.contains(new IpAddress(-1, -1))).isTrue();
        assertThat(all6.contains(IpAddress.ANY_V4)).isFalse();
        IpPrefix all4 = IpPrefix.parse("0.0.0.0/0").orElseThrow();
        assertThat(all4.contains(IpAddress.ofIpv4(-1))).isTrue();
        assertThat(all4.contains(IpAddress.ANY_V6)).isFalse();
    }

    @Test
    void refusesBlocksWithHostBitsOrWrongLengths() {
        for (String text : new String[] {
            "10.0.0.1/24", "10.0.0.0/33", "::/129", "2001:db8::1/64", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8"
        }) {
            assertThat(IpPrefix.parse(text)).as("'%s'", text).isEmpty();
        }
        assertThat(IpPrefix.parse("10.0.0.1")).hasToString("Optional[10.0.0.1/32]");
        IpAddress host = IpAddress.parse("2001:db8::1").orElseThrow();
        assertThat(IpPrefix.around(host, 64)).hasToString("2001:db8::/64");
        assertThat(IpPrefix.around(host, 65)).hasToString("2001:db8::/65");
    }

    @Test
    void readsAndWritesMacAddresses() {
        assertThat(MacAddress.parse("02:00:5e:Ff:00:01")).hasToString("Optional[02:00:5e:ff:00:01]");
        assertThat(new MacAddress(MacAddress.BROADCAST).isGroup()).isTrue();
        assertThat(new MacAddress(0x0200_0000_0001L).isGroup()).isFalse();
        for (String text : new String[] {"", "02:00:5e:ff:00", "02-00-5e-ff-00-01", "02:00:5e:ff:00:0g"}) {
            assertThat(MacAddress.parse(text)).as("'%s'", text).isEmpty();
        }
        assertThatThrownBy(() -> new MacAddress(1L << 48)).hasMessageContaining("48 bits");
    }
}
