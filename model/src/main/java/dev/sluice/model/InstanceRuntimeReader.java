package dev.sluice.model;

import dev.sluice.model.InstanceRuntime.Command;
import dev.sluice.model.InstanceRuntime.Driver;
import dev.sluice.model.InstanceRuntime.Existing;
import dev.sluice.model.InstanceRuntime.Hook;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads {@link InstanceRuntime} and the drivers of {@link ServiceDeployment}. */
final class InstanceRuntimeReader {
    private static final long SECOND_NS = 1_000_000_000L;

    private static final ValueType<String> PROGRAM = Types.checked(
            "absolute path of a program such as /usr/libexec/fw, up to 1024 characters",
            "is not the absolute path of a program",
            JsonSchema.text("/[^\\u0000-\\u001f\\u007f-\\u009f]{0,1023}"),
            text -> text.startsWith("/") && text.length() <= 1024 && isPlain(text)
                    ? Optional.of(text)
                    : Optional.empty());
    private static final ValueType<String> WORD = Types.checked(
            "text of up to 4096 characters without control characters",
            "is too long or has control characters",
            JsonSchema.text("[^\\u0000-\\u001f\\u007f-\\u009f]{0,4096}"),
            text -> text.length() <= 4096 && isPlain(text) ? Optional.of(text) : Optional.empty());
    /** What a service is made from. */
    static final ValueType<String> IMAGE_NAME = Types.checked(
            "1..512 printable ASCII characters without blanks, such as registry.example/fw:7 or /srv/images/fw.qcow2",
            "is no reference to an image",
            JsonSchema.text("[!-~]{1,512}"),
            text -> text.length() <= 512 && !text.isEmpty() && text.chars().allMatch(c -> c > ' ' && c < 0x7f)
                    ? Optional.of(text)
                    : Optional.empty());

    private static final Field<List<String>> ARGV = Field.required(
            "argv",
            Lists.of(WORD, 1, 256),
            "Program, as an absolute path, and its arguments; no shell reads them. The host's agent must permit it (--permit-command).");
    private static final Field<Map<String, String>> ENVIRONMENT = Field.defaulted(
            "environment",
            Types.TEXTS,
            Map.of(),
            "{}",
            "Environment of the process, besides PATH, SLUICE_INSTANCE, SLUICE_IMAGE and SLUICE_RUNTIME.");
    private static final Field<Long> STOP_GRACE = Field.defaulted(
            "stopGrace",
            Types.durationNs(0, 600 * SECOND_NS),
            5 * SECOND_NS,
            "5s",
            "How long the process has to end after SIGTERM, until SIGKILL.");
    private static final Field<Integer> MTU = Field.defaulted(
            "mtu",
            Types.integer(InstanceRuntime.MTU_MIN, InstanceRuntime.MTU_MAX),
            1500,
            "1500",
            "MTU of the interfaces in bytes; not below that of the ports whose traffic the node gets.");

    /** A process in a namespace. */
    static final ObjectType<Command> COMMAND =
            ObjectType.of(InstanceRuntimeReader::command, ARGV, ENVIRONMENT, STOP_GRACE, MTU);

    private static final Field<String> EXECUTABLE = Field.required(
            "executable",
            PROGRAM,
            "Program that the host's agent calls with create, delete or status; the agent must permit it (--permit-hook).");
    private static final Field<Map<String, String>> PARAMETERS = Field.defaulted(
            "parameters", Types.TEXTS, Map.of(), "{}", "What the program is told besides the instance.");
    private static final Field<Long> TIMEOUT = Field.defaulted(
            "timeout",
            Types.durationNs(SECOND_NS, 3_600 * SECOND_NS),
            60 * SECOND_NS,
            "60s",
            "How long one call may take.");

    /** A user's own program. */
    static final ObjectType<Hook> HOOK = ObjectType.of(
            v -> new Hook(v.get(EXECUTABLE), v.get(PARAMETERS), v.get(TIMEOUT)), EXECUTABLE, PARAMETERS, TIMEOUT);

    private static final Field<Optional<String>> DEPLOYMENT = Field.optional(
            "deployment",
            Types.NAME,
            "ServiceDeployment that made the instance and decides about it; when that is gone, the instance is drained and deleted.");
    private static final Field<Optional<String>> IMAGE = Field.optional(
            "image",
            IMAGE_NAME,
            "command, hook: what the node is made from. A hook gets it as image, both in the environment as SLUICE_IMAGE; Sluice itself does not read it.");
    private static final Field<Optional<Command>> IN_NAMESPACE = Field.optional(
            "command",
            COMMAND,
            "The agent makes the interfaces and runs this process behind them, in a network namespace that has them as in and out.");
    private static final Field<Optional<Hook>> BY_HOOK =
            Field.optional("hook", HOOK, "The agent calls this program, which makes the node and its interfaces.");

    /** The whole. */
    static final ObjectType<InstanceRuntime> RUNTIME =
            ObjectType.of(InstanceRuntimeReader::runtime, DEPLOYMENT, IMAGE, IN_NAMESPACE, BY_HOOK);

    private InstanceRuntimeReader() {}

    private static boolean isPlain(String text) {
        return text.chars().noneMatch(Character::isISOControl);
    }

    private static @Nullable Command command(Values v) {
        List<String> argv = v.get(ARGV);
        if (!argv.getFirst().startsWith("/")) {
            return v.refuse("argv[0]", "is not the absolute path of a program", PROGRAM.allowed());
        }
        Map<String, String> environment = v.get(ENVIRONMENT);
        for (Map.Entry<String, String> each : environment.entrySet()) {
            boolean sound = each.getKey().matches("[A-Za-z_][A-Za-z0-9_]{0,127}")
                    && !each.getKey().startsWith("SLUICE_")
                    && !each.getKey().startsWith("LD_")
                    && !each.getKey().equals("PATH")
                    && isPlain(each.getValue());
            if (!sound) {
                return v.refuse(
                        "environment." + each.getKey(),
                        "cannot stand in the environment of a node",
                        "letters, digits and '_', not beginning with a digit, SLUICE_ or LD_, nor PATH; values without control characters");
            }
        }
        return new Command(argv, environment, v.get(STOP_GRACE), v.get(MTU));
    }

    private static @Nullable InstanceRuntime runtime(Values v) {
        Optional<Command> command = v.get(IN_NAMESPACE);
        Optional<Hook> hook = v.get(BY_HOOK);
        if (command.isPresent() && hook.isPresent()) {
            return v.refuse("hook", "stands beside command", "one of command and hook, or neither");
        }
        Optional<String> image = v.get(IMAGE);
        if (image.isPresent() && command.isEmpty() && hook.isEmpty()) {
            return v.refuse(
                    "image", "stands without command and hook, so nobody would be told it", "one of them beside it");
        }
        Driver driver = command.<Driver>map(each -> each).or(() -> hook).orElseGet(Existing::new);
        return new InstanceRuntime(v.get(DEPLOYMENT), image, driver);
    }
}
