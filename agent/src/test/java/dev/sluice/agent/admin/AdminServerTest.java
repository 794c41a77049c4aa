package dev.sluice.agent.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.OutcomeUnknownException;
import dev.sluice.agent.node.NodeCommands;
import dev.sluice.agent.report.AnalysisReport;
import dev.sluice.agent.report.CountersReport;
import dev.sluice.agent.report.FlowsReport;
import dev.sluice.agent.report.ReloadReport;
import dev.sluice.agent.report.StatusReport;
import dev.sluice.agent.report.TraceReport;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdminServerTest {
    private static final long IDLE_NS = 30_000_000_000L;

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    private Path socket() {
        return directory.resolve("n.sock");
    }

    private AdminServer open(long idleNs) throws NodeException {
        return AdminServer.open(socket(), new AdminRequests(NodeCommands.of(new FakeNode())), idleNs);
    }

    private SocketChannel connect() throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(socket()));
        return channel;
    }

    private String ask(byte[] request) throws IOException {
        try (SocketChannel channel = connect()) {
            ByteBuffer bytes = ByteBuffer.wrap(request);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            return String.valueOf(new AdminLines(channel, 1 << 24).read());
        }
    }

    private String ask(String line) throws IOException {
        return ask((line + "\n").getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void onlyTheOwnerCanConnect() throws Exception {
        try (AdminServer _ = open(IDLE_NS)) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket())))
                    .isEqualTo("rw-------");
        }
        assertThat(socket()).doesNotExist();
    }

    @Test
    void answersEachLineOfAConnection() throws Exception {
        try (AdminServer _ = open(IDLE_NS);
                SocketChannel channel = connect()) {
            AdminLines lines = new AdminLines(channel, 1 << 20);
            lines.write("{\"command\": \"reload\"}");
            lines.write("nonsense");
            lines.write("{\"command\": \"reload\"}");
            assertThat(lines.read()).startsWith("{\"ok\":true,\"generation\":7,");
            assertThat(lines.read()).startsWith("{\"ok\":false,\"error\":");
            assertThat(lines.read()).startsWith("{\"ok\":true,\"generation\":7,");
        }
    }

    @Test
    void saysWhatIsWrongWithARequest() throws Exception {
        try (AdminServer _ = open(IDLE_NS)) {
            assertThat(ask("{}")).contains("command is missing", "counters, flows, reload, status, stop, trace");
            assertThat(ask("{\"command\":\"fly\"}")).contains("is not known");
            assertThat(ask("{\"command\":\"flows\",\"limit\":0}")).contains("1..100000");
            assertThat(ask("{\"command\":\"flows\",\"address\":\"10.0.0\"}"))
                    .contains("is not an IPv4 or IPv6 address");
            assertThat(ask("{\"command\":\"flows\",\"colour\":1}")).contains("limit, address, port");
            assertThat(ask("{\"command\":\"trace\",\"packets\":10001}")).contains("1..10000");
            assertThat(ask("{\"command\":\"trace\",\"seconds\":61}")).contains("1..60");
            assertThat(ask("{\"command\":\"reload\"} x")).contains("\"ok\":false");
            assertThat(ask("[".repeat(100_000))).contains("\"ok\":false");
            assertThat(ask("null")).contains("\"ok\":false");
        }
    }

    @Test
    void survivesGarbage() throws Exception {
        long seed = 7;
        Random random = new Random(seed);
        try (AdminServer _ = open(IDLE_NS)) {
            for (int i = 0; i < 200; i++) {
                byte[] garbage = new byte[1 + random.nextInt(3000)];
                random.nextBytes(garbage);
                garbage[garbage.length - 1] = '\n';
                assertThat(ask(garbage)).as("seed " + seed + " round " + i).startsWith("{\"ok\":false");
            }
            assertThat(ask("{\"command\":\"reload\"}")).contains("true");
        }
    }

    @Test
    void refusesALineThatIsTooLong() throws Exception {
        byte[] line = new byte[AdminServer.LINE_BYTES_MAX + 1];
        java.util.Arrays.fill(line, (byte) ' ');
        try (AdminServer _ = open(IDLE_NS)) {
            assertThat(ask(line)).contains("longer than 1048576 bytes");
            assertThat(ask("{\"command\":\"reload\"}")).contains("true");
        }
    }

    @Test
    void refusesTooManyClientsAndServesAgainWhenTheyLeave() throws Exception {
        List<SocketChannel> clients = new ArrayList<>();
        try (AdminServer _ = open(IDLE_NS)) {
            for (int i = 0; i < AdminServer.CLIENTS_MAX; i++) {
                SocketChannel client = connect();
                clients.add(client);
                AdminLines lines = new AdminLines(client, 1 << 20);
                lines.write("{\"command\": \"reload\"}");
                assertThat(lines.read()).contains("true");
            }
            try (SocketChannel channel = connect()) {
                assertThat(new AdminLines(channel, 1 << 20).read()).contains("more than 64 clients");
            }
            for (SocketChannel client : clients) {
                client.close();
            }
            long deadline = System.nanoTime() + 10_000_000_000L;
            String answer = "";
            while (!answer.contains("true")) {
                assertThat(System.nanoTime()).isLessThan(deadline);
                try {
                    answer = ask("{\"command\":\"reload\"}");
                } catch (IOException e) {
                    answer = "";
                }
            }
        }
    }

    @Test
    void cutsOffAClientThatDoesNotComplete() throws Exception {
        try (AdminServer _ = open(50_000_000L);
                SocketChannel channel = connect()) {
            channel.write(ByteBuffer.wrap("{\"comm".getBytes(StandardCharsets.UTF_8)));
            assertThat(channel.read(ByteBuffer.allocate(10))).isNegative();
        }
    }

    @Test
    void replacesTheSocketOfADeadNodeButNoOtherFile() throws Exception {
        ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        dead.bind(UnixDomainSocketAddress.of(socket()));
        dead.close();
        assertThat(socket()).exists();
        try (AdminServer _ = open(IDLE_NS)) {
            assertThat(ask("{\"command\":\"reload\"}")).contains("true");
            assertThatThrownBy(() -> open(IDLE_NS)).hasMessageContaining("answers there already");
            assertThat(ask("{\"command\":\"reload\"}")).contains("true");
        }
        Files.writeString(socket(), "precious");
        assertThatThrownBy(() -> open(IDLE_NS)).hasMessageContaining("not a socket");
        assertThat(socket()).hasContent("precious");
    }

    @Test
    void clientSaysThatNobodyListens() {
        assertThatThrownBy(() -> new AdminClient(socket()).status())
                .isInstanceOf(NodeException.class)
                .hasMessage("no Sluice node listens on " + socket() + "; start one with 'sluice run -f DIR'");
    }

    @Test
    void noUmaskLetsOthersConnectWhileTheSocketIsMade() throws Exception {
        MethodHandle umask = Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().findOrThrow("umask"),
                        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        int before = umask(umask, 0);
        try (DoorWitness witness = new DoorWitness(directory)) {
            for (int i = 0; i < 300; i++) {
                AdminSocket.listen(socket()).close();
                assertThat(directory.toFile().list()).containsExactly("n.sock");
            }
            assertThat(witness.looks()).isPositive();
            assertThat(witness.open()).isEmpty();
        } finally {
            umask(umask, before);
        }
    }

    private static int umask(MethodHandle umask, int mask) {
        try {
            return (int) umask.invokeExact(mask);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whatANodeLeftThatEndedWhileItMadeItsSocketIsRemoved() throws Exception {
        Path making = directory.resolve("n.sock.new");
        Files.createDirectory(making);
        Files.writeString(making.resolve("s"), "");
        try (AdminServer _ = open(IDLE_NS)) {
            assertThat(making).doesNotExist();
        }
        Files.writeString(making, "of an earlier version");
        try (AdminServer _ = open(IDLE_NS)) {
            assertThat(making).doesNotExist();
        }
    }

    @Test
    void clientThatGetsNoAnswerSaysWhetherTheChangeMayBeApplied() throws Exception {
        try (ServerSocketChannel deaf = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            deaf.bind(UnixDomainSocketAddress.of(socket()));
            AdminClient client = new AdminClient(socket(), Duration.ofMillis(50));
            assertThatThrownBy(() -> client.reload(Map.of()))
                    .isInstanceOf(OutcomeUnknownException.class)
                    .hasMessageContaining("does not answer within")
                    .hasMessageContaining("may still be applied")
                    .hasMessageContaining("'sluice history'");
            assertThatThrownBy(client::status)
                    .isExactlyInstanceOf(NodeException.class)
                    .hasMessageContaining("does not answer within");
        }
    }

    /** While it runs, another answer that takes as long has been given up. */
    @Test
    void analysisOfManyRulesIsWaitedForLongerThanOtherAnswers() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        AdminCommand analyze = new AdminCommand("analyze", List.of(), _ -> {
            begun.countDown();
            await(end);
            return new AnalysisReport(List.of("edge"), 10_000, List.of(), List.of());
        });
        AdminCommand status = new AdminCommand("status", List.of(), _ -> {
            await(end);
            return Map.of();
        });
        try (AdminServer _ = AdminServer.open(socket(), new AdminRequests(List.of(analyze, status)), IDLE_NS)) {
            AdminClient client = new AdminClient(socket(), Duration.ofMillis(50));
            CompletableFuture<Integer> rules = CompletableFuture.supplyAsync(() -> rules(client));
            await(begun);
            assertThatThrownBy(client::status).hasMessageContaining("does not answer within");
            end.countDown();
            assertThat(rules.join()).isEqualTo(10_000);
        }
    }

    private static int rules(AdminClient client) {
        try {
            return client.analyze().rules();
        } catch (NodeException e) {
            throw new CompletionException(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void replyTellsProgramsThatAChangeMayBeApplied() throws Exception {
        FakeNode slow = new FakeNode() {
            @Override
            public ReloadReport reload(ReloadRequest request) throws NodeException {
                throw new OutcomeUnknownException("begun, not done", new IOException("planted"));
            }
        };
        try (AdminServer _ = AdminServer.open(socket(), new AdminRequests(NodeCommands.of(slow)), IDLE_NS)) {
            assertThat(ask("{\"command\":\"reload\"}"))
                    .contains("\"ok\":false", "\"mayBeApplied\":true", "sluice history");
            assertThatThrownBy(() -> new AdminClient(socket()).reload(Map.of()))
                    .isInstanceOf(OutcomeUnknownException.class)
                    .hasMessage("begun, not done" + OutcomeUnknownException.WHAT_TO_DO);
        }
    }

    private static class FakeNode implements Administered {
        @Override
        public StatusReport status() {
            throw new IllegalStateException("planted");
        }

        @Override
        public FlowsReport flows(FlowFilter filter) {
            return new FlowsReport(0, 0, List.of());
        }

        @Override
        public CountersReport counters() {
            return new CountersReport(List.of(), Map.of());
        }

        @Override
        public TraceReport trace(TraceFilter filter) {
            return new TraceReport(false, List.of());
        }

        @Override
        public boolean endTrace(int session) {
            return false;
        }

        @Override
        public ReloadReport administer(
                String instance, java.util.Optional<dev.sluice.model.ServiceInstance.AdminState> state) {
            return new ReloadReport(8, 1, true, 0, "");
        }

        @Override
        public ReloadReport reload(ReloadRequest request) throws NodeException {
            return new ReloadReport(7, 1, true, 0, "");
        }

        @Override
        public void stop() {}
    }
}
