package dev.sluice.testkit.reference;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Loads the product's classes once more, those from a folder first: next to the ones that the tests use, a data path with a fault. */
public final class FaultyClasses extends ClassLoader {
    private final Path first;

    /** Those from a folder first. */
    public FaultyClasses(Path first) {
        super(FaultyClasses.class.getClassLoader());
        this.first = first;
    }

    /** Compiles a source into a folder, with something else in the one place where it has {@code good}. */
    public static void plant(Path compiled, Path original, String good, String bad) throws IOException {
        String source = Files.readString(original);
        assertThat(source.split(Pattern.quote(good), -1))
                .as("%s occurs once in %s", good, original)
                .hasSize(2);
        compile(compiled, original, source.replace(good, bad));
    }

    /** Compiles a source into a folder in the place of the original. */
    static void compile(Path compiled, Path original, String source) throws IOException {
        Path file = Files.createDirectories(compiled.resolve("source")).resolve(original.getFileName());
        Files.writeString(file, source);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            List<String> options = List.of(
                    "-proc:none", "-nowarn", "-d", compiled.toString(), "-cp", System.getProperty("java.class.path"));
            boolean done = compiler.getTask(null, files, null, options, null, files.getJavaFileObjects(file))
                    .call();
            assertThat(done).as("%s compiles with its fault", original).isTrue();
        }
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith("dev.sluice.")) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : define(name);
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        String file = name.replace('.', '/') + ".class";
        try {
            byte[] bytes;
            if (Files.exists(first.resolve(file))) {
                bytes = Files.readAllBytes(first.resolve(file));
            } else {
                try (InputStream in = getResourceAsStream(file)) {
                    if (in == null) {
                        throw new ClassNotFoundException(name);
                    }
                    bytes = in.readAllBytes();
                }
            }
            return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }
}
