package dev.sluice.testkit.reference;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Loads the product's classes once more, those from a folder first: next to the ones that the tests use, a data path with a fault. */
public final class FaultyClasses extends ClassLoader {
    private final Path first;

    /** Those from a folder first. */
    public FaultyClasses(Path first) {
        super(FaultyClasses.class.getClassLoader());
        this.first = first;
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
