package dev.sluice.datapath.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.wire.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTableTest {
    private record Host(IpAddress address, int number) {}

    private static IpAddress address(Random random) {
        // Few enough that some come twice and many are neighbours.
        return random.nextBoolean()
                ? IpAddress.ofIpv4(0x0a00_0000 | random.nextInt(400))
                : new IpAddress(0x2001_0db8_0000_0000L | random.nextInt(20), random.nextInt(20));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 100, 1000})
    void findsWhatAMapFinds(int count) {
        Random random = new Random(count);
        List<Host> hosts = new ArrayList<>();
        Map<IpAddress, Host> map = new HashMap<>();
        for (int i = 0; i < count; i++) {
            Host host = new Host(address(random), i);
            hosts.add(host);
            map.putIfAbsent(host.address(), host);
        }
        AddressTable<Host> table = AddressTable.of(hosts, Host::address);
        for (int i = 0; i < 2_000; i++) {
            IpAddress asked = address(random);
            assertThat(table.at(asked.hi(), asked.lo()))
                    .as("count %s, %s", count, asked)
                    .isEqualTo(map.get(asked));
        }
    }

    @Test
    void hasNothingAtAnAddressThatSharesOneHalfOnly() {
        IpAddress own = new IpAddress(1, 2);
        AddressTable<IpAddress> table = AddressTable.of(List.of(own), each -> each);
        assertThat(table.at(1, 2)).isEqualTo(own);
        assertThat(table.at(1, 3)).isNull();
        assertThat(table.at(2, 2)).isNull();
    }
}
