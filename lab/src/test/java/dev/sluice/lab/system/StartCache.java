package dev.sluice.lab.system;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminClient;
import dev.sluice.lab.LabException;
import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Namespace;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Lets the JVMs of Sluice start in half the time and processor time: their classes come out of archives, and out of a cache of what a first JVM had loaded (JEP 483, 514). Made once for all tests of a
 * JVM, removed when it ends. Several threads.
 */
final class StartCache {
    private static final StartCache ONE = new StartCache();
    private static final Duration READY = Duration.ofSeconds(30);
    private static final Duration WRITTEN = Duration.ofSeconds(60);

    private final Path directory;
    private final String classPath;
    private final Path cache;

    private StartCache() {
        try {
            directory = Files.createTempDirectory("sluice-start-");
            // Some tests take rights away from what they start.
            directory.toFile().setExecutable(true, false);
            directory.toFile().setReadable(true, false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Runtime.getRuntime().addShutdownHook(new Thread(this::remove));
        classPath = archives();
        cache = directory.resolve("classes.aot");
    }

    /** Starts a JVM that is to load the classes of Sluice, through a command that starts what follows it. */
    static LabProcess start(
            Namespace namespace,
            String name,
            List<String> through,
            List<String> flags,
            Class<?> main,
            List<String> arguments) {
        ONE.fill(flags, main);
        List<String> all = new ArrayList<>(through);
        all.addAll(ONE.command(flags, "-XX:AOTCache=" + ONE.cache, main, arguments));
        return namespace.start(name, all);
    }

    /** The first time: lets a node start between two hosts and end, and keeps what it loaded. */
    private synchronized void fill(List<String> flags, Class<?> main) {
        if (Files.exists(cache)) {
            return;
        }
        try (Network network = Network.transparent()) {
            Path files = Files.createDirectory(directory.resolve("conf"));
            Files.writeString(files.resolve("config.yaml"), Yaml.of(Yaml.PAIR));
            Path socket = directory.resolve("admin");
            List<String> arguments = List.of(
                    files.toString(),
                    SluiceNode.NAME,
                    socket.toString(),
                    directory.resolve("state").toString());
            LabProcess first =
                    network.sluice.start("first", command(flags, "-XX:AOTCacheOutput=" + cache, main, arguments));
            first.awaitReady(READY);
            AdminClient admin = new AdminClient(socket);
            admin.status();
            network.client.pings("10.0.0.2");
            admin.stop();
            if (first.awaitExit(WRITTEN) != 0 || !Files.exists(cache)) {
                throw new LabException("the first JVM left no cache of classes: " + first.log());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NodeException e) {
            throw new LabException("the first JVM did not answer", e);
        }
    }

    private List<String> command(List<String> flags, String cacheFlag, Class<?> main, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags);
        command.addAll(List.of(cacheFlag, "-Xlog:disable", "-Xlog:all=error:stderr", "-cp", classPath, main.getName()));
        command.addAll(arguments);
        return command;
    }

    /** The class path of this JVM with an archive in place of each directory: only of archives the JVM keeps what it loaded. */
    private String archives() {
        String all = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        List<String> entries = new ArrayList<>();
        for (String entry : all.split(File.pathSeparator, -1)) {
            Path path = Path.of(entry);
            if (Files.isDirectory(path)) {
                entries.add(archive(path, directory.resolve("classes-" + entries.size() + ".jar"))
                        .toString());
            } else if (Files.exists(path)) {
                entries.add(entry);
            }
        }
        return String.join(File.pathSeparator, entries);
    }

    private static Path archive(Path classes, Path jar) {
        try (OutputStream file = Files.newOutputStream(jar);
                ZipOutputStream zip = new ZipOutputStream(file);
                Stream<Path> tree = Files.walk(classes)) {
            zip.setLevel(0);
            for (Path each : tree.filter(Files::isRegularFile).toList()) {
                zip.putNextEntry(new ZipEntry(classes.relativize(each).toString()));
                Files.copy(each, zip);
            }
            return jar;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void remove() {
        try (Stream<Path> tree = Files.walk(directory)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
