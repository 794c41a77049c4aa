import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Collections;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Copies jars for the package: {@code java Jars.java TO JAR...}. The same jars in give the same bytes out.
 *
 * <ul>
 *   <li>Entries are stored, not compressed: the package compresses all of them together, and starting reads them faster.
 *   <li>Of native libraries only those of this machine's kind are kept. SQLite's goes to {@code TO/native}, so that it is not unpacked at each start into a directory where nothing may be executed.
 *   <li>Class files of versions before 50 get the stack maps that later ones have: without them a class is verified slowly at each start, and cannot be kept for the next one. It halves the time of a command.
 * </ul>
 */
final class Jars {
    private static final int STACK_MAPS_SINCE = 50;
    private static final int VERSION = 61;
    private static final int MAJOR_OFFSET = 6;
    private static final LocalDateTime TIME = LocalDateTime.of(2026, 1, 1, 0, 0);

    /** What Java calls this processor, and what libraries do. */
    private static final Set<String> OWN = System.getProperty("os.arch").equals("aarch64")
            ? Set.of("linux/aarch64/", "linux_aarch_64.so", "epoll_aarch_64.so")
            : Set.of("linux/x86_64/", "linux_x86_64.so", "epoll_x86_64.so");

    private Jars() {}

    public static void main(String[] arguments) throws IOException {
        Path to = Path.of(arguments[0]);
        Files.createDirectories(to.resolve("native"));
        for (String jar : Stream.of(arguments).skip(1).toList()) {
            copy(Path.of(jar), to);
        }
    }

    private static void copy(Path jar, Path to) throws IOException {
        URL[] itself = {jar.toUri().toURL()};
        try (ZipFile in = new ZipFile(jar.toFile());
                URLClassLoader classes = new URLClassLoader(itself);
                ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(to.resolve(jar.getFileName())))) {
            ClassFile files = ClassFile.of(
                    ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
                    ClassFile.ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(classes)
                            .orElse(ClassHierarchyResolver.defaultResolver())));
            out.setLevel(0);
            for (ZipEntry entry : Collections.list(in.entries())) {
                if (entry.isDirectory() || isForeign(entry.getName())) {
                    continue;
                }
                byte[] bytes = in.getInputStream(entry).readAllBytes();
                if (entry.getName().startsWith("org/sqlite/native/")) {
                    Files.write(to.resolve("native").resolve("libsqlitejdbc.so"), bytes);
                    continue;
                }
                ZipEntry copy = new ZipEntry(entry.getName());
                copy.setTimeLocal(TIME);
                out.putNextEntry(copy);
                out.write(isOld(entry.getName(), bytes) ? withStackMaps(files, bytes) : bytes);
                out.closeEntry();
            }
        }
    }

    private static boolean isForeign(String name) {
        String small = name.toLowerCase(Locale.ROOT);
        boolean isNative = small.startsWith("org/sqlite/native/") || small.startsWith("meta-inf/native/");
        return isNative && OWN.stream().noneMatch(small::contains);
    }

    private static boolean isOld(String name, byte[] bytes) {
        return name.endsWith(".class")
                && (((bytes[MAJOR_OFFSET] & 0xff) << 8) | (bytes[MAJOR_OFFSET + 1] & 0xff)) < STACK_MAPS_SINCE;
    }

    private static byte[] withStackMaps(ClassFile files, byte[] bytes) {
        return files.transformClass(
                files.parse(bytes),
                ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL)
                        .andThen(ClassTransform.endHandler(type -> type.withVersion(VERSION, 0))));
    }
}
