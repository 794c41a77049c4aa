package dev.sluice.ports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThatCode;

import dev.sluice.fuzz.network.Namespace;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("system")
class DefaultRouteSystemTest {
    private final Namespace host = Namespace.make("h");

    @BeforeEach
    void build() {
        for (int i = 0; i < 4; i++) {
            host.ip("link add u" + i + " type veth peer name w" + i);
            host.ip("link set w" + i + " up");
            host.ip("link set u" + i + " up");
            host.ip("address add 10.0." + i + ".1/24 dev u" + i);
            host.ip("-6 address add fd00:" + i + "::1/64 dev u" + i + " nodad");
        }
    }

    @AfterEach
    void remove() {
        host.close();
    }

    private List<DefaultRoute> routes() throws Exception {
        return host.in(DefaultRoute::all);
    }

    @Test
    void hostWithoutDefaultRouteHasNone() throws Exception {
        host.ip("route add 10.9.0.0/16 via 10.0.0.2");
        host.ip("route add unreachable default");
        assertThat(routes()).isEmpty();
    }

    @Test
    void everyNexthopAndEveryTableCounts() throws Exception {
        host.ip("route add default nexthop via 10.0.0.2 nexthop via 10.0.1.2");
        host.ip("route add default via 10.0.2.2 table 100");
        host.ip("rule add from 10.0.2.1 table 100");
        host.ip("-6 route add default table 1000 nexthop via fd00:1::2 nexthop via fd00:3::2");
        assertThat(routes())
                .containsExactlyInAnyOrder(
                        new DefaultRoute("u0", false, DefaultRoute.MAIN),
                        new DefaultRoute("u1", false, DefaultRoute.MAIN),
                        new DefaultRoute("u2", false, 100),
                        new DefaultRoute("u1", true, 1000),
                        new DefaultRoute("u3", true, 1000));
    }

    @Test
    void routesOfVrfsCount() throws Exception {
        assumeThatCode(() -> host.ip("link add red type vrf table 7"))
                .as("a kernel with VRFs")
                .doesNotThrowAnyException();
        host.ip("link set red up");
        host.ip("link set u3 master red");
        host.ip("route add default via 10.0.3.2 vrf red");
        host.ip("route add default dev red");
        assertThat(routes())
                .containsExactlyInAnyOrder(
                        new DefaultRoute("u3", false, 7), new DefaultRoute("red", false, DefaultRoute.MAIN));
    }

    /** As a kernel tells it that is not to tell the old way too. */
    @Test
    void nexthopObjectsAndTheirGroupsCount() throws Exception {
        host.exec("sysctl -q -w net.ipv4.nexthop_compat_mode=0");
        host.ip("nexthop add id 1 via 10.0.0.2 dev u0");
        host.ip("nexthop add id 2 via 10.0.1.2 dev u1");
        host.ip("nexthop add id 3 via fd00:2::2 dev u2");
        host.ip("nexthop add id 10 group 1/2");
        host.ip("route add default nhid 10");
        host.ip("-6 route add default nhid 3");
        assertThat(routes())
                .containsExactlyInAnyOrder(
                        new DefaultRoute("u0", false, DefaultRoute.MAIN),
                        new DefaultRoute("u1", false, DefaultRoute.MAIN),
                        new DefaultRoute("u2", true, DefaultRoute.MAIN));
    }
}
