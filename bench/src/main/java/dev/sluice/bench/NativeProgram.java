package dev.sluice.bench;

import dev.sluice.lab.LabException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The benchmark's programs in C (bench/src/main/c), built before their first use with the kernel's headers only. */
enum NativeProgram {
    /** The load generator. */
    LOAD,
    /** The floor: an AF_XDP forwarder. */
    FORWARDER,
    /** The service node that only bridges. */
    NODE;

    private static final Path SOURCES = Path.of("bench", "src", "main", "c");
    private static final List<String> COMPILERS = List.of("gcc", "clang", "cc");

    /** The program's absolute path; builds it if its sources are newer. */
    String path() {
        Path source = SOURCES.resolve(name().toLowerCase(Locale.ROOT) + ".c");
        Path binary =
                Report.FOLDER.resolve("bin", name().toLowerCase(Locale.ROOT)).toAbsolutePath();
        try {
            if (!Files.exists(source)) {
                throw new LabException(source + " is missing: run the benchmark from the top folder of the project");
            }
            Files.createDirectories(binary.getParent());
            if (!Files.exists(binary) || isNewer(source, binary) || isNewer(SOURCES.resolve("bpf.h"), binary)) {
                build(source, binary);
            }
            return binary.toString();
        } catch (IOException e) {
            throw new LabException("program " + source + " cannot be built: " + e.getMessage(), e);
        }
    }

    private static boolean isNewer(Path source, Path binary) throws IOException {
        return Files.getLastModifiedTime(source).compareTo(Files.getLastModifiedTime(binary)) > 0;
    }

    private static void build(Path source, Path binary) throws IOException {
        String said = "no C compiler (one of " + COMPILERS + "; Debian packages gcc, linux-libc-dev)";
        for (String compiler : COMPILERS) {
            try {
                Process process = new ProcessBuilder(
                                compiler, "-O2", "-Wall", "-Wextra", "-o", binary.toString(), source.toString())
                        .redirectErrorStream(true)
                        .start();
                said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                if (process.waitFor() == 0) {
                    return;
                }
                break;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new LabException("interrupted while building " + source, e);
            } catch (IOException e) {
                said = compiler + ": " + e.getMessage();
            }
        }
        throw new LabException("program " + source + " cannot be built: " + said);
    }
}
