package dev.sluice.manager.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.sluice.manager.access.Binding;
import dev.sluice.manager.access.Role;
import dev.sluice.manager.access.User;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.traces.CaptureService;
import dev.sluice.model.Kind;
import dev.sluice.southbound.Captured;
import dev.sluice.southbound.Question;
import dev.sluice.southbound.Reply;
import dev.sluice.wire.capture.PcapngWriter;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who may capture, and who may read packets (C14, S2): fewer than those who read objects, and each reading is on record. */
@Timeout(60)
class CaptureAccessTest {
    private static final Caller ROOT = new Caller("root", "root");
    private static final String CAPTURE =
            "{apiVersion: sluice.dev/v1, kind: Capture, metadata: {name: %s}, spec: {port: %s}}";
    private static final Set<Role> WRITE = Set.of(Role.ADMIN, Role.NETWORK_ADMIN);
    private static final Set<Role> READ_NOTHING = Set.of(Role.VENDOR, Role.MONITOR);

    private record Asked(String node, long id) {}

    private final LinkedBlockingQueue<Asked> asked = new LinkedBlockingQueue<>();

    @SuppressWarnings("NullAway.Init") // set before each test
    private Http http;

    @SuppressWarnings("NullAway.Init") // set before each test
    private CaptureService service;

    private String admin = "";

    @BeforeEach
    void start() throws Exception {
        http = new Http(10_000, true);
        http.accounts.addTenant("acme", ROOT);
        admin = token(Role.ADMIN, "*");
        for (String name : List.of("left", "acme.p")) {
            String port =
                    "{apiVersion: sluice.dev/v1, kind: Port, metadata: {name: %s}, spec: {node: a, interface: if-%d}}"
                            .formatted(name, name.length());
            assertThat(send(admin, "POST", "/api/v1/ports", port).status()).isEqualTo(201);
        }
        service = CaptureService.start(
                new Inventory(http.store, InstantSource.system()),
                List.of(),
                InstantSource.system(),
                (node, _, question, _) -> remember(node, question),
                http.files);
    }

    @AfterEach
    void stop() {
        service.close();
        http.close();
    }

    private void remember(String node, Question question) {
        if (question.hasCapture()) {
            asked.add(new Asked(node, question.getId()));
        }
    }

    private String token(Role role, String tenant) {
        String user = "u-" + role.word() + (tenant.equals("*") ? "" : "-" + tenant);
        http.accounts.put(new User(user, List.of(new Binding(role, tenant))), ROOT);
        return http.accounts.issue(user, Duration.ofHours(1), "", ROOT).text();
    }

    private Http.Answer send(String token, String method, String path, String body) throws Exception {
        return http.send(method, path, body, "Authorization", "Bearer " + token, "Content-Type", "application/yaml");
    }

    private Http.Answer writes(String token, String name, String port) throws Exception {
        return send(token, "POST", "/api/v1/captures?dryRun", CAPTURE.formatted(name, port));
    }

    private int reads(String token, String name) throws Exception {
        return send(token, "GET", "/api/v1/captures/" + name, "").status();
    }

    private Http.Answer packets(String token, String name) throws Exception {
        return send(token, "GET", "/api/v1/captures/" + name + "/file", "");
    }

    /** Has something captured, and waits until it is there. */
    private void captured(String name, String port) throws Exception {
        assertThat(send(admin, "POST", "/api/v1/captures", CAPTURE.formatted(name, port))
                        .status())
                .isEqualTo(201);
        assertThat(packets(admin, name).status()).as("it has not ended").isEqualTo(409);
        service.objectsChanged();
        Asked host = asked.poll(30, TimeUnit.SECONDS);
        assertThat(host).isNotNull();
        service.reply(
                host.node(),
                Reply.newBuilder()
                        .setId(host.id())
                        .setCaptured(Captured.newBuilder()
                                .setPcapng(ByteString.copyFrom(PcapngWriter.section("secret of " + name))))
                        .build());
        while (packets(admin, name).status() != 200) {
            http.store.await(http.store.revision(), 50);
        }
    }

    @Test
    void thoseWhoRunTheNetworkCaptureAndReadPacketsAndOthersDoNot() throws Exception {
        captured("shared", "left");
        captured("acme.own", "acme.p");
        for (Role role : Role.values()) {
            String token = token(role, "*");
            assertThat(writes(token, "new", "left").status())
                    .as(role.word())
                    .isEqualTo(WRITE.contains(role) ? 200 : 403);
            for (String name : List.of("shared", "acme.own")) {
                boolean sees = !READ_NOTHING.contains(role);
                assertThat(reads(token, name)).as(role.word()).isEqualTo(sees ? 200 : 404);
                Http.Answer file = packets(token, name);
                assertThat(file.status()).as(role.word()).isEqualTo(WRITE.contains(role) ? 200 : sees ? 403 : 404);
                assertThat(file.text().contains("secret of " + name)).isEqualTo(WRITE.contains(role));
                Http.Answer can =
                        send(token, "GET", "/api/v1/self/rights?verb=contents&kind=captures&name=" + name, "");
                assertThat(can.json().path("allowed").asBoolean()).isEqualTo(WRITE.contains(role));
            }
        }
    }

    @Test
    void peopleOfATenantBeginNoneAndReadWhatWasCapturedOfTheirOwnPort() throws Exception {
        captured("shared", "left");
        captured("acme.own", "acme.p");
        for (Role role : Role.values()) {
            if (role.ofTenants()) {
                String token = token(role, "acme");
                assertThat(writes(token, "acme.new", "acme.p").status())
                        .as(role.word())
                        .isEqualTo(403);
                assertThat(reads(token, "acme.own")).as(role.word()).isEqualTo(200);
                assertThat(reads(token, "shared")).as(role.word()).isEqualTo(404);
                assertThat(packets(token, "shared").status()).as(role.word()).isEqualTo(404);
                assertThat(packets(token, "acme.own").status())
                        .as(role.word())
                        .isEqualTo(WRITE.contains(role) ? 200 : 403);
            }
        }
    }

    @Test
    void captureOfATenantIsAboutOnePortOfItWhoeverWritesIt() throws Exception {
        Http.Answer refused = writes(admin, "acme.c", "left");
        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.text()).contains("is not a Port of tenant acme", "names that begin with acme.");
        Http.Answer hosts = writes(admin, "acme.c", "acme.p, nodes: [a]");
        assertThat(hosts.status()).isEqualTo(422);
        assertThat(hosts.text()).contains("spec.nodes");
        assertThat(writes(admin, "acme.c", "acme.p").status()).isEqualTo(200);
    }

    @Test
    void readingIsOnRecordAndPacketsAreNowhereElse() throws Exception {
        captured("shared", "left");
        Http.Answer record = send(admin, "GET", "/api/v1/audit", "");
        assertThat(record.text()).contains("read the packets of Capture/shared").doesNotContain("secret of");
        for (String path : List.of("/api/v1/export", "/api/v1/captures", "/api/v1/backup")) {
            Http.Answer answer = send(admin, "GET", path, "");
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.text()).contains("shared").doesNotContain("secret of");
        }
        assertThat(packets(admin, "nothing").status()).isEqualTo(404);
        assertThat(send(admin, "GET", "/api/v1/" + Kind.TRACEFLOW.plural() + "/shared/file", "")
                        .status())
                .isEqualTo(404);
    }
}
