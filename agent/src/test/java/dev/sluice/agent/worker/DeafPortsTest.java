package dev.sluice.agent.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.compile.PortBinding;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PortCounters;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.model.Port;
import dev.sluice.model.PortDriver;
import dev.sluice.ports.Claim;
import dev.sluice.ports.LinkEvent;
import dev.sluice.ports.LinkInfo;
import dev.sluice.ports.MemoryPort;
import dev.sluice.ports.PortException;
import dev.sluice.ports.ReopeningPort;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DeafPortsTest {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final LinkInfo LEFT = new LinkInfo("left", 7, 1, 1500, true, true, "veth", 0);
    private static final Claim.Holder LOCAL = new Claim.Holder("local", 12);

    private final Map<String, Claim.Holder> holders = new HashMap<>(Map.of("left", LOCAL));
    private final DeafPorts deaf = new DeafPorts(name -> Optional.ofNullable(holders.get(name)));
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
        return port(name, PortDriver.AUTO, open, description);
    }

    private static List<OpenPort> port(String name, PortDriver driver, boolean open, String description) {
        PortBinding binding = new PortBinding(
                0, name, PortEntry.Role.TRANSPARENT, driver, Port.XdpMode.AUTO, Port.ZeroCopy.AUTO, Port.FastPath.AUTO);
        return List.of(new OpenPort(binding, description, open, false, new PortCounters()));
    }

    private static List<OpenPort> waiting() {
        return port("left", false, "deaf: interface left: " + LOCAL);
    }

    @Test
    void portOpensOnlyWhenItsInterfaceHasBeenFreeForAWhile() {
        assertThat(deaf.due(waiting(), links, 0)).isEmpty();
        assertThat(deaf.due(waiting(), links, 10 * SECOND_NS)).isEmpty();
        holders.clear();
        assertThat(deaf.due(waiting(), links, 11 * SECOND_NS)).isEmpty();
        assertThat(deaf.due(waiting(), links, 15 * SECOND_NS)).isEmpty();
        assertThat(deaf.due(waiting(), links, 16 * SECOND_NS)).containsExactly(new LinkEvent.Appeared(LEFT));
    }

    /** As after SIGKILL and a restart: the one that waits must not be faster. */
    @Test
    void nodeThatIsStartedAgainIsFirst() {
        holders.clear();
        assertThat(deaf.due(waiting(), links, 0)).isEmpty();
        holders.put("left", new Claim.Holder("local", 13));
        assertThat(deaf.due(waiting(), links, 4 * SECOND_NS)).isEmpty();
        holders.clear();
        assertThat(deaf.due(waiting(), links, 5 * SECOND_NS)).isEmpty();
        assertThat(deaf.due(waiting(), links, 9 * SECOND_NS)).isEmpty();
        assertThat(deaf.due(waiting(), links, 10 * SECOND_NS)).hasSize(1);
    }

    /** It may be that somebody else was faster, and is not seen; a try costs the other ports some time. */
    @Test
    void portThatDoesNotOpenIsTriedLessAndLessOften() {
        holders.clear();
        List<Long> tried = new ArrayList<>();
        for (long second = 0; second < 240; second++) {
            if (!deaf.due(waiting(), links, second * SECOND_NS).isEmpty()) {
                tried.add(second);
            }
        }
        assertThat(tried).containsExactly(5L, 15L, 35L, 75L, 135L, 195L);
    }

    @Test
    void portThatWasOpenMeanwhileIsTriedAsSoonAsTheFirstTime() {
        holders.clear();
        assertThat(deaf.due(waiting(), links, 0)).isEmpty();
        assertThat(deaf.due(waiting(), links, 5 * SECOND_NS)).hasSize(1);
        assertThat(deaf.due(port("left", true, "AF_PACKET"), links, 6 * SECOND_NS))
                .isEmpty();
        assertThat(deaf.due(waiting(), links, 7 * SECOND_NS)).isEmpty();
        assertThat(deaf.due(waiting(), links, 12 * SECOND_NS)).hasSize(1);
    }

    /** Too many files, no memory, a driver that is still busy: what keeps a port from opening may pass without a change of interfaces. */
    @Test
    void portThatFailedForAReasonThatPassesIsOpenAfterAWhile() {
        holders.clear();
        FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(1, 1), 4096), 1, 1);
        boolean[] failed = {false};
        ReopeningPort port = ReopeningPort.open("left", pool, _ -> {
            if (!failed[0]) {
                failed[0] = true;
                throw new PortException("AF_PACKET left: socket: EMFILE");
            }
            return new MemoryPort("left", 0, pool);
        });
        assertThat(port.description()).isEqualTo("deaf: AF_PACKET left: socket: EMFILE");
        for (long second = 0; second <= 6; second++) {
            deaf.due(port("left", port.isOpen(), port.description()), links, second * SECOND_NS)
                    .forEach(port::onLinkEvent);
        }
        assertThat(port.isOpen()).isTrue();
    }

    @Test
    void portsThatAreOpenOrWithoutInterfaceAreLeftAlone() {
        holders.clear();
        for (long second = 0; second < 10; second++) {
            assertThat(deaf.due(port("left", true, "AF_PACKET"), links, second * SECOND_NS))
                    .isEmpty();
            assertThat(deaf.due(port("gone", false, "deaf: interface gone: " + LOCAL), links, second * SECOND_NS))
                    .isEmpty();
        }
    }

    @Test
    void tapMakesAnInterfaceThatWasDeleted() {
        List<OpenPort> tap = port("tap0", PortDriver.TAP, false, "deaf: interface tap0 was deleted");
        assertThat(deaf.due(tap, links, 0)).isEmpty();
        assertThat(deaf.due(tap, links, 5 * SECOND_NS))
                .singleElement()
                .isInstanceOf(LinkEvent.Appeared.class)
                .satisfies(event -> assertThat(event.link().name()).isEqualTo("tap0"));
    }
}
