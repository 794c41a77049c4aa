package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeName;
import dev.sluice.agent.admin.AdminSocket;
import dev.sluice.agent.doctor.Diagnosis;
import dev.sluice.agent.doctor.Diagnosis.Line;
import dev.sluice.agent.doctor.Diagnosis.State;
import dev.sluice.agent.doctor.Doctor;
import dev.sluice.model.Configuration;
import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.LoadResult;
import dev.sluice.model.ServiceInstance;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice doctor}. */
@Command(
        name = "doctor",
        description = {
            "Looks whether this host can run a node well: kernel, rights, drivers (tried, not guessed), interfaces, the host's own network stack, what is "
                    + "left from before; says what to do. Changes nothing. Run it as the user that is to run the node.",
            "Exit status: 0 all is well or there are warnings only, 1 there is a problem."
        })
final class DoctorCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call
    private CommandSpec spec;

    @Option(
            names = {"-f", "--file"},
            paramLabel = "FILE|DIR",
            description = "Objects of the node: the interfaces that they name are examined too.")
    private @Nullable Path file;

    @Option(
            names = "--node",
            paramLabel = "NAME",
            description = "With -f: which node of the objects this host is (default: as 'sluice run').")
    private @Nullable String node;

    @Mixin
    private OutputOption output = new OutputOption();

    @Override
    public Integer call() throws NodeException {
        Optional<Configuration> objects = file == null ? Optional.empty() : Optional.of(objects(file));
        String name = objects.isEmpty() ? "" : NodeName.choose(objects.get(), Optional.ofNullable(node));
        Optional<Configuration> part = objects.map(all -> part(all, name));
        Path sockets = Objects.requireNonNull(AdminSocket.defaultPath("any").getParent());
        Diagnosis diagnosis = Doctor.examine(part, name, sockets);
        spec.commandLine().getOut().println(output.json() ? Json.text(diagnosis) : text(diagnosis));
        return diagnosis.worst() == State.PROBLEM ? ExitCode.FAILED : ExitCode.OK;
    }

    private static Configuration objects(Path path) {
        LoadResult loaded = ConfigurationLoader.load(path);
        if (loaded.configuration().isEmpty()) {
            throw new CommandFailure(path + " is not valid; see: sluice validate " + path);
        }
        return loaded.configuration().get();
    }

    private static Configuration part(Configuration objects, String name) {
        // The interfaces of other nodes' service instances are looked for there.
        return Configuration.of(objects.forNode(name).resources().stream()
                .filter(object -> !(object instanceof ServiceInstance instance)
                        || instance.spec().node().orElse(name).equals(name))
                .toList());
    }

    /** The diagnosis for people. */
    static String text(Diagnosis diagnosis) {
        StringBuilder text = new StringBuilder();
        for (Line line : diagnosis.lines()) {
            text.append(String.format("%-8s %s: %s%n", word(line.state()), line.subject(), line.found()));
            if (line.state() != State.OK && !line.advice().isEmpty()) {
                text.append("         -> ").append(line.advice()).append('\n');
            }
        }
        return text.append(count(diagnosis, State.PROBLEM))
                .append(", ")
                .append(count(diagnosis, State.WARNING))
                .toString();
    }

    private static String count(Diagnosis diagnosis, State state) {
        long count =
                diagnosis.lines().stream().filter(line -> line.state() == state).count();
        return count + " " + word(state) + (count == 1 ? "" : "s");
    }

    private static String word(State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }
}
