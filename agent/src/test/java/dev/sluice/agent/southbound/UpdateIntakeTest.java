package dev.sluice.agent.southbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.RefusedException;
import dev.sluice.model.ExistingFlows;
import dev.sluice.southbound.Answer;
import dev.sluice.southbound.Protocol;
import dev.sluice.southbound.Resource;
import dev.sluice.southbound.Update;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Updates as a whole or not at all, and what is on disk of them. */
class UpdateIntakeTest {
    private static final String PORT = text("Port", "left", "{node: a, interface: left}");

    @TempDir
    private Path folder = Path.of("");

    private final ReceivedObjects received = new ReceivedObjects("manager test", new TreeMap<>());
    private final List<Optional<ExistingFlows>> said = new ArrayList<>();
    private boolean refuses;
    private boolean breaks;

    private static String text(String kind, String name, String spec) {
        return "{apiVersion: sluice.dev/v1, kind: " + kind + ", metadata: {name: " + name + "}, spec: " + spec + "}";
    }

    private UpdateIntake intake() {
        return new UpdateIntake(received, new ReceivedFile(folder.resolve("state"), "a"), flows -> {
            said.add(flows);
            var result = received.load();
            if (!result.usable()) {
                throw new RefusedException(result.problems());
            }
            if (breaks) {
                throw new IllegalStateException("a defect");
            }
            if (refuses) {
                throw new NodeException("the host says no");
            }
        });
    }

    private Answer take(UpdateIntake intake, List<Update> parts) {
        return intake.take(parts, received.accepted());
    }

    private static Resource resource(String name, String text) {
        return Resource.newBuilder()
                .setName(name)
                .setVersion(Protocol.version(text))
                .setText(text)
                .build();
    }

    private Update update(Map<String, String> changed, List<String> removed) {
        Map<String, String> after = new TreeMap<>(received.versions());
        Update.Builder update = Update.newBuilder().setNonce(7).addAllRemoved(removed);
        removed.forEach(after::remove);
        changed.forEach((name, text) -> {
            update.addResources(resource(name, text));
            after.put(name, Protocol.version(text));
        });
        return update.setFingerprint(Protocol.fingerprint(after)).build();
    }

    private Map<String, Resource> onDisk() {
        return new ReceivedFile(folder.resolve("state"), "a").read();
    }

    @Test
    void acceptedUpdateIsInForceAndOnDisk() {
        Answer answer = take(intake(), List.of(update(Map.of("ports/left", PORT), List.of())));
        assertThat(answer.getAccepted()).isTrue();
        assertThat(answer.getNonce()).isEqualTo(7);
        assertThat(answer.getWarning()).isEmpty();
        assertThat(received.accepted()).containsOnlyKeys("ports/left");
        assertThat(onDisk()).isEqualTo(received.accepted());
        assertThat(received.load().configuration().orElseThrow().ports()).hasSize(1);
    }

    @Test
    void whatAnUpdateSaysOfFlowsInProgressIsHandedOnAndWordsOfOthersSayNothing() {
        UpdateIntake intake = intake();
        for (String word : List.of("", "keep", "migrate", "auto", "a word of a later version")) {
            Update update = update(Map.of("ports/left", PORT), List.of()).toBuilder()
                    .setExistingFlows(word)
                    .build();
            assertThat(take(intake, List.of(update)).getAccepted()).isTrue();
        }
        assertThat(said)
                .containsExactly(
                        Optional.empty(),
                        Optional.of(ExistingFlows.KEEP),
                        Optional.of(ExistingFlows.MIGRATE),
                        Optional.of(ExistingFlows.AUTO),
                        Optional.empty());
    }

    @Test
    void refusedUpdateLeavesWhatWasAndNamesObjectAndField() {
        UpdateIntake intake = intake();
        take(intake, List.of(update(Map.of("ports/left", PORT), List.of())));
        Answer answer = take(
                intake,
                List.of(update(
                        Map.of("ports/right", text("Port", "right", "{node: a, interface: right, peer: nobody}")),
                        List.of())));
        assertThat(answer.getAccepted()).isFalse();
        assertThat(answer.getFaults(0).getObject()).isEqualTo("Port/right");
        assertThat(answer.getFaults(0).getField()).isEqualTo("spec.peer");
        assertThat(answer.getFaults(0).getMessage()).contains("there is no Port of that name");
        assertThat(received.accepted()).containsOnlyKeys("ports/left");
        assertThat(received.load().texts()).hasSize(1);
        refuses = true;
        answer = take(intake, List.of(update(Map.of(), List.of("ports/left"))));
        assertThat(answer.getFaultsCount()).isPositive();
        assertThat(onDisk()).containsOnlyKeys("ports/left");
    }

    @Test
    void defectInTheMiddleOfAnUpdateLeavesWhatWas() {
        UpdateIntake intake = intake();
        take(intake, List.of(update(Map.of("ports/left", PORT), List.of())));
        breaks = true;
        List<Update> update = List.of(update(Map.of("ports/right", PORT.replace("left", "right")), List.of()));
        assertThatThrownBy(() -> take(intake, update)).isInstanceOf(IllegalStateException.class);
        assertThat(received.load().texts()).hasSize(1);
    }

    @Test
    void hostThatSaysNoIsQuoted() {
        refuses = true;
        Answer answer = take(intake(), List.of(update(Map.of("ports/left", PORT), List.of())));
        assertThat(answer.getFaults(0).getObject()).isEmpty();
        assertThat(answer.getFaults(0).getMessage()).isEqualTo("the host says no");
    }

    @Test
    void nonsenseOfAManagerChangesNothing() {
        UpdateIntake intake = intake();
        take(intake, List.of(update(Map.of("ports/left", PORT), List.of())));
        Update wrongText = Update.newBuilder()
                .addResources(
                        Resource.newBuilder().setName("ports/x").setVersion("1").setText("{"))
                .build();
        assertThat(take(intake, List.of(wrongText)).getFaults(0).getMessage()).contains("not what its version names");
        Update elsewhere =
                update(Map.of(), List.of()).toBuilder().setFingerprint("0").build();
        assertThat(take(intake, List.of(elsewhere)).getFaults(0).getMessage()).contains("does not lead");
        Update binary = update(Map.of("ports/left", "\u0000\u0001: ["), List.of());
        assertThat(take(intake, List.of(binary)).getAccepted()).isFalse();
        assertThat(received.accepted()).containsOnlyKeys("ports/left");
    }

    @Test
    void partsOfAnUpdateCountTogether() {
        Update whole = update(Map.of("ports/left", PORT, "ports/right", PORT.replace("left", "right")), List.of());
        Update first = Update.newBuilder()
                .setNonce(7)
                .setMore(true)
                .addResources(whole.getResources(0))
                .build();
        Update second = whole.toBuilder().removeResources(0).build();
        assertThat(take(intake(), List.of(first, second)).getAccepted()).isTrue();
        assertThat(received.accepted()).hasSize(2);
    }

    @Test
    void fullDiskIsSaidAndMadeUpForLater() throws IOException {
        Files.writeString(folder.resolve("state"), "no directory");
        UpdateIntake intake = intake();
        Answer answer = take(intake, List.of(update(Map.of("ports/left", PORT), List.of())));
        assertThat(answer.getAccepted()).isTrue();
        assertThat(answer.getWarning()).startsWith("in force, but not on disk: ");
        assertThat(intake.save()).isNotEmpty();
        Files.delete(folder.resolve("state"));
        assertThat(intake.save()).isEmpty();
        assertThat(onDisk()).containsOnlyKeys("ports/left");
    }

    @Test
    void damagedFileCountsAsNone() throws IOException {
        take(intake(), List.of(update(Map.of("ports/left", PORT), List.of())));
        Path file = folder.resolve("state").resolve("received");
        byte[] sound = Files.readAllBytes(file);
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        Random random = new Random(seed);
        for (int i = 0; i < 200; i++) {
            byte[] damaged = i % 2 == 0 ? sound.clone() : java.util.Arrays.copyOf(sound, random.nextInt(sound.length));
            if (i % 2 == 0) {
                damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            }
            Files.write(file, damaged);
            assertThat(onDisk()).as("seed " + seed + " try " + i).isEmpty();
        }
        Files.write(file, sound);
        assertThat(onDisk()).hasSize(1);
        assertThat(new ReceivedFile(folder.resolve("state"), "b").read()).isEmpty();
    }

    @Test
    void triesAreFurtherApartEachTimeAndNeverAtOnce() {
        Backoff backoff = new Backoff(new Random(1));
        long longest = 0;
        for (int i = 0; i < 50; i++) {
            long wait = backoff.next();
            assertThat(wait).isBetween(100L, 15_000L);
            longest = Math.max(longest, wait);
        }
        assertThat(longest).isGreaterThan(7_500);
        backoff.worked();
        assertThat(backoff.next()).isLessThanOrEqualTo(200);
    }
}
