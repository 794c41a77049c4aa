package dev.sluice.agent.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.compile.PortBinding;
import dev.sluice.datapath.packet.PortCounters;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.model.Port;
import dev.sluice.model.PortDriver;
import dev.sluice.ports.Claim;
import dev.sluice.ports.LinkEvent;
import dev.sluice.ports.LinkInfo;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ClaimedPortsTest {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final LinkInfo LEFT = new LinkInfo("left", 7, 1, 1500, true, true, "veth", 0);
    private static final Claim.Holder LOCAL = new Claim.Holder("local", 12);

    private final Map<String, Claim.Holder> holders = new HashMap<>(Map.of("left", LOCAL));
    private final ClaimedPorts claimed = new ClaimedPorts(name -> Optional.ofNullable(holders.get(name)));
    private final LinkSource links = new LinkSource() {
        @Override
        public List<LinkEvent> poll() {
            return List.of();
        }

        @Override
        public @Nullable LinkInfo link(String interfaceName) {
            return interfaceName.equals("left") ? LEFT : null;
        }

        @Override
        public void close() {}
    };

    private static List<OpenPort> port(String name, boolean open, String description) {
        PortBinding binding = new PortBinding(
                0,
                name,
                PortEntry.Role.TRANSPARENT,
                PortDriver.AUTO,
                Port.XdpMode.AUTO,
                Port.ZeroCopy.AUTO,
                Port.FastPath.AUTO);
        return List.of(new OpenPort(binding, description, open, false, new PortCounters()));
    }

    private static List<OpenPort> waiting() {
        return port("left", false, "deaf: interface left: " + LOCAL);
    }

    @Test
    void portOpensOnlyWhenItsInterfaceHasBeenFreeForAWhile() {
        assertThat(claimed.freed(waiting(), links, 0)).isEmpty();
        assertThat(claimed.freed(waiting(), links, 10 * SECOND_NS)).isEmpty();
        holders.clear();
        assertThat(claimed.freed(waiting(), links, 11 * SECOND_NS)).isEmpty();
        assertThat(claimed.freed(waiting(), links, 15 * SECOND_NS)).isEmpty();
        assertThat(claimed.freed(waiting(), links, 16 * SECOND_NS)).containsExactly(new LinkEvent.Appeared(LEFT));
    }

    /** As after SIGKILL and a restart: the one that waits must not be faster. */
    @Test
    void nodeThatIsStartedAgainIsFirst() {
        holders.clear();
        assertThat(claimed.freed(waiting(), links, 0)).isEmpty();
        holders.put("left", new Claim.Holder("local", 13));
        assertThat(claimed.freed(waiting(), links, 4 * SECOND_NS)).isEmpty();
        holders.clear();
        assertThat(claimed.freed(waiting(), links, 5 * SECOND_NS)).isEmpty();
        assertThat(claimed.freed(waiting(), links, 9 * SECOND_NS)).isEmpty();
        assertThat(claimed.freed(waiting(), links, 10 * SECOND_NS)).hasSize(1);
    }

    /** It may be that somebody else was faster, and is not seen. */
    @Test
    void portThatIsRefusedAgainWaitsAgain() {
        holders.clear();
        assertThat(claimed.freed(waiting(), links, 0)).isEmpty();
        assertThat(claimed.freed(waiting(), links, 5 * SECOND_NS)).hasSize(1);
        assertThat(claimed.freed(waiting(), links, 6 * SECOND_NS)).isEmpty();
        assertThat(claimed.freed(waiting(), links, 9 * SECOND_NS)).isEmpty();
        assertThat(claimed.freed(waiting(), links, 10 * SECOND_NS)).hasSize(1);
    }

    @Test
    void portsThatAreOpenOrDownForOtherReasonsAreLeftAlone() {
        holders.clear();
        for (long second = 0; second < 10; second++) {
            assertThat(claimed.freed(port("left", true, "AF_PACKET"), links, second * SECOND_NS))
                    .isEmpty();
            assertThat(claimed.freed(port("left", false, "deaf: EPERM"), links, second * SECOND_NS))
                    .isEmpty();
            assertThat(claimed.freed(port("left", false, "deaf: fast path: " + LOCAL), links, second * SECOND_NS))
                    .isEmpty();
            assertThat(claimed.freed(port("gone", false, "deaf: interface gone: " + LOCAL), links, second * SECOND_NS))
                    .isEmpty();
        }
    }
}
