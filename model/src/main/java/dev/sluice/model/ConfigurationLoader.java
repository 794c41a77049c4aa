package dev.sluice.model;

import dev.sluice.model.Problem.Severity;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads objects from YAML and checks them. Malformed input gives problems, never an exception. Every problem of every object is
 * reported; what is wrong between objects is checked for those that are sound in themselves.
 */
public final class ConfigurationLoader {
    /** Longest file that is read. */
    public static final int FILE_BYTES_MAX = 4 * 1024 * 1024;

    private final ProblemLog log = new ProblemLog();
    private final ObjectReader objects = new ObjectReader(log);
    private final Map<String, String> texts = new LinkedHashMap<>();

    private final ParsedTexts parsed;

    private ConfigurationLoader() {
        this(new ParsedTexts());
    }

    private ConfigurationLoader(ParsedTexts parsed) {
        this.parsed = parsed;
    }

    /** Reads a file, or all {@code *.yaml} and {@code *.yml} files of a directory (not of those inside it) in the order of names. */
    public static LoadResult load(Path fileOrDirectory) {
        ConfigurationLoader loader = new ConfigurationLoader();
        if (Files.isDirectory(fileOrDirectory)) {
            loader.directory(fileOrDirectory);
        } else {
            loader.file(fileOrDirectory);
        }
        return loader.result(fileOrDirectory.toString());
    }

    /** Reads the text of one file; the name is what problems show. */
    public static LoadResult parse(String fileName, String text) {
        ConfigurationLoader loader = new ConfigurationLoader();
        loader.text(fileName, text);
        return loader.result(fileName);
    }

    /** Reads the texts of several files as one configuration, in the order of the map; keys are the names that problems show. */
    public static LoadResult parse(Map<String, String> textByFileName) {
        return parse(textByFileName, new ParsedTexts());
    }

    /** The same, without parsing anew what has not changed since the last time. */
    public static LoadResult parse(Map<String, String> textByFileName, ParsedTexts parsed) {
        parsed.keepOnly(textByFileName.keySet());
        ConfigurationLoader loader = new ConfigurationLoader(parsed);
        textByFileName.forEach(loader::text);
        return loader.result(textByFileName.keySet().stream().findFirst().orElse("nothing"));
    }

    private LoadResult result(String where) {
        if (objects.count() == 0 && log.errors() == 0) {
            log.addToFile(Severity.ERROR, where, 0, 0, "holds no objects", "at least one object");
        }
        CrossChecks.run(objects.sound(), objects.declared(), objects.documents());
        Optional<Configuration> configuration = log.errors() > 0
                ? Optional.empty()
                : Optional.of(Configuration.of(objects.sound().stream()
                        .map(ObjectReader.Sound::resource)
                        .toList()));
        return new LoadResult(configuration, log.sorted(), texts);
    }

    private void directory(Path directory) {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, ConfigurationLoader::isYaml)) {
            entries.forEach(files::add);
        } catch (IOException | DirectoryIteratorException e) {
            unreadable(directory.toString(), e);
        }
        files.sort(Comparator.comparing(file -> String.valueOf(file.getFileName())));
        files.forEach(this::file);
    }

    private static boolean isYaml(Path file) {
        String name = String.valueOf(file.getFileName());
        // Hidden files are mostly an editor's copies.
        return !name.startsWith(".") && (name.endsWith(".yaml") || name.endsWith(".yml")) && !Files.isDirectory(file);
    }

    private void file(Path file) {
        String name = file.toString();
        log.startFile(name);
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(FILE_BYTES_MAX + 1);
        } catch (IOException e) {
            unreadable(name, e);
            return;
        }
        if (isTooLong(name, bytes.length)) {
            return;
        }
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        CharBuffer text = CharBuffer.allocate(bytes.length + 1);
        ByteBuffer rest = ByteBuffer.wrap(bytes);
        CoderResult decoded = decoder.decode(rest, text, true);
        if (decoded.isError()) {
            notUtf8(name, bytes, rest.position());
            return;
        }
        text(name, text.flip().toString());
    }

    private void text(String file, String text) {
        log.startFile(file);
        // In UTF-8 no text is shorter than its characters, so this is exact for files and a bound for texts.
        if (isTooLong(file, text.length())) {
            return;
        }
        texts.put(file, text);
        // A byte order mark is no part of the text.
        String content = text.startsWith("\ufeff") ? text.substring(1) : text;
        ParsedTexts.Parsed read = parsed.read(file, content);
        read.objects().forEach(objects::add);
        read.failure()
                .ifPresent(failure -> log.addToFile(
                        Severity.ERROR, file, failure.line(), failure.column(), failure.message(), failure.allowed()));
        if (read.objects().isEmpty() && read.failure().isEmpty()) {
            log.addToFile(Severity.WARNING, file, 1, 1, "the file is empty", "");
        }
    }

    private boolean isTooLong(String file, int length) {
        if (length <= FILE_BYTES_MAX) {
            return false;
        }
        String message = "the file is too long; split it into several files of a directory";
        log.addToFile(Severity.ERROR, file, 0, 0, message, "0.." + FILE_BYTES_MAX + " bytes");
        return true;
    }

    private void unreadable(String file, Exception e) {
        String why = e instanceof NoSuchFileException ? "there is no such file or directory" : String.valueOf(e);
        log.addToFile(Severity.ERROR, file, 0, 0, "can't be read: " + why, "");
    }

    private void notUtf8(String file, byte[] bytes, int position) {
        String before = new String(Arrays.copyOf(bytes, position), StandardCharsets.UTF_8);
        int line = 1 + (int) before.chars().filter(c -> c == '\n').count();
        int column = before.length() - before.lastIndexOf('\n');
        String message = String.format("not a UTF-8 text: byte 0x%02x has no meaning here", bytes[position]);
        log.addToFile(Severity.ERROR, file, line, column, message, "YAML 1.2 in UTF-8");
    }
}
