package dev.sluice.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice version}. */
@Command(name = "version", description = "Prints the versions of Sluice, Java and the kernel.")
final class VersionCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call
    private CommandSpec spec;

    @Mixin
    private OutputOption output = new OutputOption();

    @Override
    public Integer call() {
        Map<String, String> versions = new LinkedHashMap<>();
        versions.put("sluice", Version.number());
        versions.put("java", System.getProperty("java.vm.version", "unknown"));
        versions.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        if (output.json()) {
            spec.commandLine().getOut().println(Json.text(versions));
        } else {
            versions.forEach((what, version) -> spec.commandLine().getOut().println(what + " " + version));
        }
        return ExitCode.OK;
    }
}
