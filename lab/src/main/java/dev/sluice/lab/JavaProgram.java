package dev.sluice.lab;

import dev.sluice.wire.IpAddress;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** How to start one of the lab's own Java programs in a JVM of its own that starts fast and stays small. */
final class JavaProgram {
    private static final List<String> FLAGS = List.of(
            "-Xshare:auto",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx256m",
            "--enable-native-access=ALL-UNNAMED");

    private JavaProgram() {}

    /** The command for one of the lab's own programs. */
    static List<String> command(Class<?> main, List<String> arguments) {
        return command(FLAGS, classPath(main), main, arguments);
    }

    /** The command for any program on the class path of this JVM, with flags of the caller's choice. */
    static List<String> command(List<String> flags, Class<?> main, List<String> arguments) {
        return command(flags, classPath(main) + ":" + System.getProperty("java.class.path"), main, arguments);
    }

    private static List<String> command(List<String> flags, String classPath, Class<?> main, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags);
        command.add("-cp");
        command.add(classPath);
        command.add(main.getName());
        command.addAll(arguments);
        return command;
    }

    /** Where the program's class, the lab's classes and what they need are; independent of how this JVM got its own class path. */
    private static String classPath(Class<?> main) {
        Set<String> entries = new LinkedHashSet<>();
        for (Class<?> type : List.of(main, JavaProgram.class, IpAddress.class)) {
            entries.add(locationOf(type));
        }
        return String.join(":", entries);
    }

    private static String locationOf(Class<?> type) {
        CodeSource source = type.getProtectionDomain().getCodeSource();
        if (source == null) {
            throw new LabException(
                    "class " + type.getName() + " has no location on disk, so no child JVM can be given it");
        }
        try {
            return Path.of(source.getLocation().toURI()).toString();
        } catch (URISyntaxException e) {
            throw new LabException(
                    "location " + source.getLocation() + " of class " + type.getName() + " is no path", e);
        }
    }
}
