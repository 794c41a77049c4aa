package dev.sluice.testkit.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testkit.SomeFaults;
import dev.sluice.testkit.reference.FaultyClasses;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;

/** The simulation finds orders that are wrong: one is put into production's source at a time, and has to show within 200 seeds. */
class PlantedOrdersTest {
    private static final int SEEDS = 200;
    private static final String CONTROLLER = "controller/src/main/java/dev/sluice/controller/";
    private static final String FOLLOWING = "agent/src/main/java/dev/sluice/agent/southbound/";
    private static final String COMPILER = "agent/src/main/java/dev/sluice/agent/compile/";

    enum Fault {
        RULES_COME_BEFORE_WHAT_THEY_NAME(
                CONTROLLER + "AgentRecord",
                "wanted.forEach((key, piece) -> after.put(key, new Held(piece.version(), piece.generation())));",
                "boolean rulesFirst = changed.size() > 1 && changed.stream().anyMatch(piece ->"
                        + " piece.key().startsWith(\"servicepolicies/\")); if (rulesFirst) { changed ="
                        + " changed.stream().filter(piece -> piece.key().startsWith(\"servicepolicies/\")).toList();"
                        + " removed = List.of(); after.putAll(held); changed.forEach(piece -> after.put(piece.key(), new"
                        + " Held(piece.version(), piece.generation()))); } else { wanted.forEach((key, piece) ->"
                        + " after.put(key, new Held(piece.version(), piece.generation()))); }"),
        CLASSIFIERS_USE_PATHS_BEFORE_THEIR_HOSTS_HAVE_THEM(
                COMPILER + "Transition",
                "if (attachment.id() == hop.attachment()) {",
                "if (attachment.id() == hop.attachment() && word == null) {"),
        REMOVED_BEFORE_DRAINED(COMPILER + "Transition", "GONE_NS = 90_000_000_000L", "GONE_NS = 1L"),
        ACKNOWLEDGED_BEFORE_IN_FORCE(
                FOLLOWING + "UpdateIntake", "received.tryOut(next);", "received.tryOut(next);\n received.accept();"),
        ANSWERS_NAME_THE_UPDATE_BEFORE(
                FOLLOWING + "UpdateIntake", "setNonce(last.getNonce())", "setNonce(last.getNonce() - 1)"),
        APPLIED_TWICE_AFTER_RECONNECTING(
                CONTROLLER + "AgentRecord", "held = now;", "held = held.isEmpty() ? now : held;"),
        CHANGES_BEHIND_WHICH_A_STATUS_COMES_ARE_NOT_TOLD(
                "manager/src/main/java/dev/sluice/manager/agents/ObjectNews",
                "} else if (others.contains(key) || !told.contains(key)) {",
                "} else if (!isStatusOnly(event) || !told.contains(key)) {"),
        A_LOST_ANSWER_IS_WAITED_FOR(
                CONTROLLER + "AgentRecord", "toldLoads = null;\n        sent = null;", "toldLoads = null;");

        final String type;
        final String good;
        final String bad;

        Fault(String type, String good, String bad) {
            this.type = type;
            this.good = good;
            this.bad = bad;
        }
    }

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path compiled;

    @ParameterizedTest
    @SomeFaults
    void findsPlantedOrder(Fault fault) throws IOException {
        FaultyClasses.plant(compiled, Path.of("..").resolve(fault.type + ".java"), fault.good, fault.bad);
        String found = search();
        assertThat(found).as("%s within %s seeds", fault, SEEDS).startsWith("seed ");
        System.out.println("planted order " + fault + " found: " + found);
    }

    /** Runs seeds in a class loader of its own, which has the fault. */
    private String search() {
        try {
            return String.valueOf(new FaultyClasses(compiled)
                    .loadClass(Simulation.class.getName())
                    .getMethod("search", long.class, int.class)
                    .invoke(null, 1L, SEEDS));
        } catch (InvocationTargetException e) {
            throw new IllegalStateException("the simulation itself failed", e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
