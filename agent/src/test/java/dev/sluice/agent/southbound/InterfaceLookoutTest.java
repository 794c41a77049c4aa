package dev.sluice.agent.southbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.sluice.ports.LinkInfo;
import dev.sluice.southbound.FromAgent;
import dev.sluice.southbound.Interface;
import dev.sluice.southbound.Interfaces;
import dev.sluice.southbound.Lookout;
import dev.sluice.southbound.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which interfaces a manager hears of, and when (C9). */
class InterfaceLookoutTest {
    private static final Lookout TAPS = Lookout.newBuilder()
            .setMarks(true)
            .addSelectors(Selector.newBuilder().addInterfaces("tap*"))
            .build();

    private final InterfaceLookout lookout = new InterfaceLookout();
    private Map<String, String> inUse = Map.of();

    private static LinkInfo link(String name, int index, int master, String alias) {
        return new LinkInfo(name, index, 0x02_00_00_00_00_01L, 1500, true, true, "veth", master, alias);
    }

    private Optional<Interfaces> tell(LinkInfo... links) {
        return lookout.tell(List.of(links), () -> inUse).map(FromAgent::getInterfaces);
    }

    @Test
    void saysNothingBeforeItIsAskedAndThenAllThatFits() {
        LinkInfo tap = link("tap0", 3, 0, "");
        assertThat(tell(tap)).isEmpty();
        lookout.lookFor(TAPS);
        Interfaces first = tell(tap, link("eth0", 2, 0, ""), link("eth1", 4, 0, "x sluice:fw/in"))
                .orElseThrow();
        assertThat(first.getWhole()).isTrue();
        assertThat(first.getSeenList()).extracting(Interface::getName).containsExactly("eth1", "tap0");
        assertThat(first.getSeen(1).getWorks()).isTrue();
        assertThat(first.getSeen(1).getMac()).isEqualTo(0x02_00_00_00_00_01L);
        lookout.begin();
        assertThat(tell(tap)).isEmpty();
    }

    @Test
    void thenSaysOnlyWhatIsNew() {
        lookout.lookFor(TAPS);
        assertThat(tell().orElseThrow().getWhole()).isTrue();
        assertThat(tell()).isEmpty();
        Interfaces came = tell(link("tap0", 3, 0, "")).orElseThrow();
        assertThat(came.getWhole()).isFalse();
        assertThat(came.getSeenCount()).isEqualTo(1);
        assertThat(tell(link("tap0", 3, 0, ""))).isEmpty();
        // The same name is another interface now.
        assertThat(tell(link("tap0", 9, 0, "")).orElseThrow().getSeen(0).getIndex())
                .isEqualTo(9);
        Interfaces gone = tell().orElseThrow();
        assertThat(gone.getGoneList()).containsExactly("tap0");
    }

    @Test
    void saysWhatMustNotBeTaken() {
        lookout.lookFor(TAPS.toBuilder()
                .addSelectors(Selector.newBuilder().addInterfaces("*"))
                .build());
        inUse = Map.of("eth0", "carries the IPv4 default route");
        Interfaces told = tell(
                        link("lo", 1, 0, ""),
                        link("sluice-punt", 9, 0, ""),
                        link("eth0", 2, 0, ""),
                        link("tap0", 3, 7, ""),
                        link("tap1", 4, 0, ""))
                .orElseThrow();
        assertThat(told.getSeenList())
                .extracting(Interface::getName, Interface::getInUse)
                .containsExactly(
                        tuple("eth0", "carries the IPv4 default route"),
                        tuple("tap0", "is a member of a bridge or a bond of the kernel"),
                        tuple("tap1", ""));
        inUse = Map.of("tap1", "carries the login session");
        assertThat(tell(link("eth0", 2, 0, ""), link("tap0", 3, 7, ""), link("tap1", 4, 0, ""))
                        .orElseThrow()
                        .getSeenList())
                .extracting(Interface::getName)
                .containsExactly("eth0", "tap1");
    }

    @Test
    void countsWhatIsTooMuch() {
        lookout.lookFor(TAPS);
        List<LinkInfo> many = new ArrayList<>();
        for (int i = 0; i < InterfaceLookout.TOLD_MAX + 10; i++) {
            many.add(link("tap" + i, 10 + i, 0, ""));
        }
        Interfaces told = tell(many.toArray(new LinkInfo[0])).orElseThrow();
        assertThat(told.getSeenCount()).isEqualTo(InterfaceLookout.TOLD_MAX);
        assertThat(told.getLeftOff()).isEqualTo(10);
        assertThat(tell(many.toArray(new LinkInfo[0]))).isEmpty();
    }
}
