package dev.sluice.lab.demo;

import dev.sluice.lab.LabException;
import dev.sluice.lab.Privilege;
import dev.sluice.lab.Tool;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The Debian packages that the demonstration needs: installed by root, named to others. */
final class Packages {
    private static final Path APT_GET = Path.of("/usr/bin/apt-get");

    private Packages() {}

    /** Makes sure that all programs are there; throws with what to do if they are not and cannot be made so. */
    static void provide(Privilege.Kind right, PrintStream out) {
        List<String> missing = missing(right);
        if (missing.isEmpty()) {
            return;
        }
        String command = "apt-get install " + String.join(" ", missing);
        if (right != Privilege.Kind.ROOT || !Files.isExecutable(APT_GET)) {
            throw new LabException("the demo needs programs that are missing here; as root: " + command);
        }
        out.println("installing Debian packages: " + String.join(" ", missing) + " ...");
        out.flush();
        run(List.of(APT_GET.toString(), "update", "-q"));
        List<String> install = new ArrayList<>(List.of(
                "env",
                "DEBIAN_FRONTEND=noninteractive",
                APT_GET.toString(),
                "install",
                "-q",
                "-y",
                "--no-install-recommends"));
        install.addAll(missing);
        run(install);
        if (!missing(right).isEmpty()) {
            throw new LabException("programs of " + String.join(" ", missing(right)) + " are missing although "
                    + command + " went well; look whether something hides them");
        }
    }

    private static List<String> missing(Privilege.Kind right) {
        List<Tool> wanted = new ArrayList<>(Tool.BASIC);
        if (right != Privilege.Kind.ROOT) {
            wanted.addAll(List.of(Tool.UNSHARE, Tool.MOUNT));
        }
        return Tool.missingPackages(wanted);
    }

    private static void run(List<String> command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String said;
            try (InputStream output = process.getInputStream()) {
                process.getOutputStream().close();
                said = new String(output.readAllBytes(), StandardCharsets.UTF_8);
            }
            int status = process.waitFor();
            if (status != 0) {
                throw new LabException(
                        "'" + String.join(" ", command) + "' ended with status " + status + ":\n" + said.strip());
            }
        } catch (IOException e) {
            throw new LabException("'" + String.join(" ", command) + "' cannot be run: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted while packages were installed", e);
        }
    }
}
