package dev.sluice.ports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sluice.datapath.packet.FramePool;
import dev.sluice.fuzz.network.Namespace;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("system")
class ClaimSystemTest {
    private static final long PID = ProcessHandle.current().pid();

    private final Namespace here = Namespace.make("h");
    private final Namespace there = Namespace.make("t");

    @BeforeEach
    void build() {
        Namespace.veth(here, "p0", there, "q0");
    }

    @AfterEach
    void remove() {
        here.close();
        there.close();
    }

    @Test
    void interfaceHasOneHolderWhoIsNamed() throws Exception {
        here.in(() -> {
            assertThat(Claim.holderOf("p0")).isEmpty();
            try (Claim first = Claim.ofInterface("p0", "local")) {
                assertThat(first.isExclusive()).isTrue();
                assertThat(Claim.holderOf("p0")).contains(new Claim.Holder("local", PID));
                assertThatExceptionOfType(PortException.class)
                        .isThrownBy(() -> Claim.ofInterface("p0", "second"))
                        .withMessageContaining("interface p0: node local (pid " + PID + ") has it; stop that node");
                // The other one's look leaves nothing behind.
                assertThat(Claim.holderOf("p0")).contains(new Claim.Holder("local", PID));
                try (Claim other = Claim.ofInterface("lo", "second")) {
                    assertThat(other.isExclusive()).isTrue();
                }
            }
            assertThat(Claim.holderOf("p0")).isEmpty();
            try (Claim next = Claim.ofInterface("p0", "second")) {
                assertThat(next.isExclusive()).isTrue();
            }
            return null;
        });
    }

    /** Both ends of a veth may even have the same number. */
    @Test
    void interfacesOfOtherNamespacesAreOthers() throws Exception {
        Claim first = here.in(() -> Claim.ofInterface("p0", "local"));
        try (first) {
            there.in(() -> {
                assertThat(Claim.holderOf("q0")).isEmpty();
                try (Claim second = Claim.ofInterface("q0", "local")) {
                    assertThat(second.isExclusive()).isTrue();
                }
                return null;
            });
        }
    }

    @Test
    void processWithoutTheRightToPacketsKeepsNobodyOut() throws Exception {
        here.in(() -> {
            int index = Linux.interfaceIndex("p0");
            int squatter = bind("sluice/port/" + index);
            try (Claim claim = Claim.ofInterface("p0", "local")) {
                assertThat(claim.isExclusive()).isFalse();
                // And is seen all the same by the next one, which may not have the interface.
                assertThatExceptionOfType(PortException.class)
                        .isThrownBy(() -> Claim.ofInterface("p0", "second"))
                        .matches(e -> Claim.isRefusal(String.valueOf(e.getMessage()), "p0"));
            } finally {
                Linux.close(squatter);
            }
            assertThat(Claim.holderOf("p0")).isEqualTo(Optional.empty());
            return null;
        });
    }

    private static final String NAME = "sluice/port/1";

    private static Claim take(ToIntFunction<String> bind, LongSupplier marks) throws PortException {
        return Claim.take(bind, marks, "interface lo", NAME, 1, "local", "stop that node");
    }

    /** What the name is taken by goes, or comes, while somebody asks for it. */
    @Test
    void nameThatIsLeftInBetweenIsTakenAndOneThatAnotherNodeTakesIsNot() throws Exception {
        here.in(() -> {
            Deque<Integer> answers = new ArrayDeque<>(List.of(-Errno.EADDRINUSE, bind(NAME), bind("told")));
            try (Claim claim = take(_ -> answers.remove(), () -> 1)) {
                assertThat(claim.isExclusive()).isTrue();
            }
            Deque<Long> marks = new ArrayDeque<>(List.of(1L, 2L, 2L));
            assertThatExceptionOfType(PortException.class)
                    .isThrownBy(() -> take(_ -> -Errno.EADDRINUSE, marks::remove))
                    .matches(e -> Claim.isRefusal(String.valueOf(e.getMessage()), "lo"));
            assertThat(marks).as("looked again").hasSizeLessThan(2);
            return null;
        });
    }

    @Test
    void whoCannotSayThatItHasItDoesNotHaveIt() throws Exception {
        here.in(() -> {
            assertThatExceptionOfType(PortException.class)
                    .isThrownBy(() -> take(name -> name.equals(NAME) ? bind(name) : -Errno.EPERM, () -> 1))
                    .withMessageStartingWith("interface lo: bind of the node's name: EPERM");
            Linux.close(bind(NAME));
            return null;
        });
    }

    /** Only what counts as a node's, where nobody can tell. */
    @Test
    void nobodyTakesWhatMayBeAnothers() throws Exception {
        here.in(() -> {
            assertThatExceptionOfType(PortException.class)
                    .isThrownBy(() -> take(_ -> -Errno.EADDRINUSE, () -> Long.MAX_VALUE))
                    .withMessageEndingWith(
                            "or it is no node at all: /proc/thread-self/net/packet, which would tell, cannot be read");
            return null;
        });
    }

    private static int bind(String name) {
        int fd = Linux.socket(KernelConstants.AF_UNIX, KernelConstants.SOCK_DGRAM, 0);
        try (Arena arena = Arena.ofConfined()) {
            byte[] text = name.getBytes(StandardCharsets.US_ASCII);
            MemorySegment address = arena.allocate(110, 2);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) KernelConstants.AF_UNIX);
            MemorySegment.copy(text, 0, address, ValueLayout.JAVA_BYTE, 3, text.length);
            assertThat(Linux.bind(fd, address, 3 + text.length)).isZero();
        }
        return fd;
    }

    @Test
    void fastPathHasOneHolderPerNamespaceWhoIsSeenFromElsewhere() throws Exception {
        Claim first = here.in(() -> Claim.ofFastPath("local"));
        try (first) {
            here.in(() -> {
                assertThatExceptionOfType(PortException.class)
                        .isThrownBy(() -> Claim.ofFastPath("second"))
                        .withMessageContaining("fast path: node local (pid " + PID + ") has it");
                return null;
            });
            there.in(() -> {
                Claim.ofFastPath("second").close();
                return null;
            });
        }
        assertThat(Claim.holderOfFastPath("1")).isEmpty();
    }

    @Test
    void portIsDeafWhileAnotherHasItsInterfaceAndOpensWhenItAppearsAgain() throws Exception {
        here.in(() -> {
            try (Arena arena = Arena.ofConfined()) {
                FramePool pool = new FramePool(arena.allocate(FramePool.bytesFor(256, 4), 4096), 256, 4);
                PortOpener opener = new PortOpener(pool);
                ReopeningPort.Driver driver = counters -> opener.open("p0", 0, PortOptions.DEFAULT, counters);
                ReopeningPort first = ReopeningPort.open("p0", pool, () -> Claim.ofInterface("p0", "local"), driver);
                ReopeningPort second = ReopeningPort.open("p0", pool, () -> Claim.ofInterface("p0", "second"), driver);
                assertThat(first.isOpen()).isTrue();
                assertThat(second.isOpen()).isFalse();
                assertThat(second.description()).startsWith("deaf: interface p0: node local (pid ");
                first.close();
                LinkInfo link = LinkMonitor.read("p0").orElseThrow();
                assertThat(second.onLinkEvent(new LinkEvent.Appeared(link))).isTrue();
                assertThat(second.isOpen()).isTrue();
                assertThat(Claim.holderOf("p0")).contains(new Claim.Holder("second", PID));
                second.close();
                assertThat(Claim.holderOf("p0")).isEmpty();
            }
            return null;
        });
    }
}
