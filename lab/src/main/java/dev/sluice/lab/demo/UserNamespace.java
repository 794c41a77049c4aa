package dev.sluice.lab.demo;

import dev.sluice.lab.LabException;
import dev.sluice.lab.Privilege;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The demonstration once more, as root of a user namespace: for those who are not root of the machine. */
final class UserNamespace {
    private static final int END_SECONDS = 20;

    private UserNamespace() {}

    /** Runs it there to its end; its exit status. */
    static int run(DemoOptions options, Class<?> product) {
        try {
            Process process = new ProcessBuilder(Privilege.reexecCommand(command(options, product)))
                    .inheritIO()
                    .start();
            Thread hook = new Thread(() -> end(process), "demo-end");
            Runtime.getRuntime().addShutdownHook(hook);
            int status = process.waitFor();
            Demo.forget(hook);
            return status;
        } catch (IOException e) {
            throw new LabException("the demo cannot be started in a user namespace: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted while the demo ran in a user namespace", e);
        }
    }

    static List<String> command(DemoOptions options, Class<?> product) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"),
                "-Dstdout.encoding=" + System.getProperty("stdout.encoding")));
        SluiceProcess.passedOn().forEach(command::add);
        command.addAll(List.of(
                "-cp",
                System.getProperty("java.class.path"),
                product.getName(),
                "demo",
                options.show().word()));
        if (options.quick()) {
            command.add("--quick");
        }
        if (options.keep()) {
            command.add("--keep");
        }
        return command;
    }

    /** Asks the demonstration to end and waits until it has cleaned up; unshare itself hears no signals, so its child is asked. */
    private static void end(Process process) {
        process.toHandle().children().forEach(ProcessHandle::destroy);
        try {
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
