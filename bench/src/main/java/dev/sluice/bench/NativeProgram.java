package dev.sluice.bench;

import dev.sluice.lab.LabException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The benchmark's programs in C (bench/src/main/c), built before their first use; all but one need no more than the kernel's headers. */
enum NativeProgram {
    /** The load generator. */
    LOAD,
    /** The floor: an AF_XDP forwarder. */
    FORWARDER,
    /** The service node that only bridges. */
    NODE,
    /** DPDK's classifier; needs Debian's packages libdpdk-dev and pkgconf. */
    ACL("libdpdk");

    /** What pkg-config knows the library of the program by; empty: it needs none. */
    private final String library;

    NativeProgram() {
        this("");
    }

    NativeProgram(String library) {
        this.library = library;
    }

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

    private void build(Path source, Path binary) throws IOException {
        List<String> flags = libraryFlags();
        String said = "no C compiler (one of " + COMPILERS + "; Debian packages gcc, linux-libc-dev)";
        for (String compiler : COMPILERS) {
            List<String> command = new ArrayList<>(
                    List.of(compiler, "-O2", "-Wall", "-Wextra", "-o", binary.toString(), source.toString()));
            command.addAll(flags);
            Optional<Said> compiled = said(command);
            if (compiled.isPresent()) {
                said = compiled.get().text();
                if (compiled.get().status() == 0) {
                    return;
                }
                break;
            }
        }
        throw new LabException("program " + source + " cannot be built: " + said);
    }

    private List<String> libraryFlags() throws IOException {
        if (library.isEmpty()) {
            return List.of();
        }
        Said said = said(List.of("pkg-config", "--cflags", "--libs", library))
                .orElseThrow(() -> new LabException("pkg-config is not installed (Debian package pkgconf)"));
        if (said.status() != 0) {
            throw new LabException("library " + library + " is not installed (Debian package " + library + "-dev)");
        }
        return List.of(said.text().strip().split("\\s+"));
    }

    /** What a command printed, and its exit status. */
    private record Said(String text, int status) {}

    /** Runs a command; empty if there is no such program. */
    private static Optional<Said> said(List<String> command) throws IOException {
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            return Optional.empty();
        }
        try {
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return Optional.of(new Said(text, process.waitFor()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted while " + command.getFirst() + " ran", e);
        }
    }
}
