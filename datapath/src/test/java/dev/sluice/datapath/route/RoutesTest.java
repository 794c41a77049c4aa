package dev.sluice.datapath.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class RoutesTest {
    @Test
    void choosesTheLongestOfNestedPrefixes() {
        Routes routes = Routes.of(List.of(
                route("10.1.2.3/32", 4), route("0.0.0.0/0", 1), route("10.0.0.0/8", 2), route("10.1.0.0/16", 3)));

        assertThat(port(routes, "192.0.2.1")).isEqualTo(1);
        assertThat(port(routes, "10.0.0.0")).isEqualTo(2);
        assertThat(port(routes, "10.255.255.255")).isEqualTo(2);
        assertThat(port(routes, "11.0.0.0")).isEqualTo(1);
        assertThat(port(routes, "10.1.2.2")).isEqualTo(3);
        assertThat(port(routes, "10.1.2.3")).isEqualTo(4);
        assertThat(port(routes, "10.1.2.4")).isEqualTo(3);
    }

    @Test
    void keepsTheDefaultRoutesOfTheFamiliesApart() {
        assertThat(port(Routes.of(List.of(route("0.0.0.0/0", 1))), "2001:db8::1"))
                .isEqualTo(-1);
        assertThat(port(Routes.of(List.of(route("::/0", 1))), "192.0.2.1")).isEqualTo(-1);
        assertThat(port(Routes.of(List.of(route("::/0", 1))), "::")).isEqualTo(1);
        assertThat(port(Routes.of(List.of(route("0.0.0.0/0", 1))), "255.255.255.255"))
                .isEqualTo(1);
    }

    @Test
    void findsNothingInAnEmptyTable() {
        assertThat(port(Routes.EMPTY, "0.0.0.0")).isEqualTo(-1);
        assertThat(port(Routes.EMPTY, "255.255.255.255")).isEqualTo(-1);
        assertThat(port(Routes.EMPTY, "::")).isEqualTo(-1);
        assertThat(port(Routes.EMPTY, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"))
                .isEqualTo(-1);
    }

    @Test
    void prefersTheEarlierOfTwoRoutesForOnePrefix() {
        Routes routes = Routes.of(List.of(route("10.0.0.0/8", 1), route("10.0.0.0/8", 2)));

        assertThat(port(routes, "10.0.0.1")).isEqualTo(1);
        assertThat(port(routes, "11.0.0.1")).isEqualTo(-1);
    }

    @Test
    void storesEqualGroupsOnce() {
        assertThat(Routes.of(List.of(route("10.0.0.0/8", 1), route("2001:db8::/32", 1), route("::/0", 2)))
                        .groupCount())
                .isEqualTo(2);
    }

    @Test
    void needsLessThanFourKilobytesForTenRoutes() {
        List<RouteEntry> entries = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            entries.add(route("10." + i + ".0.0/16", i));
        }

        assertThat(Routes.of(entries).tableBytes()).isLessThan(4096);
    }

    @Test
    void matchesLinearSearchInSmallTables() {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        for (int table = 0; table < 500; table++) {
            compareWithLinearSearch(random, seed, random.nextInt(1, 40), 200);
        }
    }

    @Test
    void matchesLinearSearchInLargeTables() {
        long seed = System.nanoTime();
        compareWithLinearSearch(new SplittableRandom(seed), seed, 1000, 100_000);
        compareWithLinearSearch(new SplittableRandom(seed), seed, 20_000, 2_000);
    }

    private static void compareWithLinearSearch(SplittableRandom random, long seed, int routeCount, int lookups) {
        List<RouteEntry> entries = new ArrayList<>();
        HashSet<IpPrefix> taken = new HashSet<>();
        for (int i = 0; i < routeCount; i++) {
            // A prefix around one of the earlier ones gives nesting, an unrelated one breadth.
            IpAddress near = entries.isEmpty() || random.nextInt(4) == 0
                    ? randomAddress(random)
                    : near(
                            random,
                            entries.get(random.nextInt(entries.size())).prefix().address());
            int most = near.isIpv4() ? 32 : 128;
            int bits = random.nextInt(8) == 0 ? most : random.nextInt(most + 1);
            IpPrefix prefix = IpPrefix.around(near, bits);
            // Truncating an IPv6 address can't give an IPv4 one here: randomAddress has bits in the upper half.
            if (prefix.address().isIpv4() == near.isIpv4() && taken.add(prefix)) {
                entries.add(new RouteEntry(prefix, NextHopGroup.of(NextHop.connected(i))));
            }
        }
        Routes routes = Routes.of(entries);
        for (int i = 0; i < lookups; i++) {
            IpAddress address = random.nextInt(4) == 0
                    ? randomAddress(random)
                    : near(
                            random,
                            entries.get(random.nextInt(entries.size())).prefix().address());
            RouteEntry best = null;
            for (RouteEntry entry : entries) {
                if (entry.prefix().contains(address)
                        && (best == null
                                || entry.prefix().bits() > best.prefix().bits())) {
                    best = entry;
                }
            }
            int expected = best == null ? -1 : best.group().hops().getFirst().port();
            assertThat(port(routes, address))
                    .as("seed %d, %d routes, address %s", seed, routeCount, address)
                    .isEqualTo(expected);
        }
    }

    private static IpAddress randomAddress(SplittableRandom random) {
        return random.nextBoolean()
                ? IpAddress.ofIpv4(random.nextInt())
                : new IpAddress(
                        random.nextInt(3) == 0 ? random.nextLong() : random.nextLong() >>> 3 | 1L << 61,
                        random.nextLong());
    }

    /** The same address, or with its low bits changed, or one before or after. */
    private static IpAddress near(SplittableRandom random, IpAddress address) {
        int kept = random.nextInt(4);
        if (address.isIpv4()) {
            int noise = random.nextInt() >>> random.nextInt(32);
            return IpAddress.ofIpv4(
                    switch (kept) {
                        case 0 -> address.ipv4Bits();
                        case 1 -> address.ipv4Bits() - 1;
                        default -> address.ipv4Bits() ^ noise;
                    });
        }
        long noise = random.nextLong() >>> random.nextInt(64);
        return switch (kept) {
            case 0 -> address;
            case 1 -> new IpAddress(address.lo() == 0 ? address.hi() - 1 : address.hi(), address.lo() - 1);
            case 2 -> new IpAddress(address.hi(), address.lo() ^ noise);
            default -> new IpAddress(address.hi() ^ noise, random.nextLong());
        };
    }

    private static RouteEntry route(String prefix, int port) {
        return new RouteEntry(IpPrefix.parse(prefix).orElseThrow(), NextHopGroup.of(NextHop.connected(port)));
    }

    private static int port(Routes routes, String address) {
        return port(routes, IpAddress.parse(address).orElseThrow());
    }

    private static int port(Routes routes, IpAddress address) {
        int index = routes.lookup(address.hi(), address.lo());
        return index < 0 ? -1 : routes.group(index).hops().getFirst().port();
    }
}
