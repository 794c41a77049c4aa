package dev.sluice.cli;

import dev.sluice.model.Problem;
import dev.sluice.model.WrittenObject;
import dev.sluice.model.YamlText;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Objects of files as their author wrote them, and where each field stands. */
final class ObjectFiles {
    private final List<WrittenObject> objects = new ArrayList<>();
    private final Map<String, WrittenObject> byTitle = new HashMap<>();

    /** Reads files, directories ({@code *.yaml} and {@code *.yml} in the order of names) and, for {@code -}, the standard input. */
    static ObjectFiles read(List<Path> paths) {
        ObjectFiles files = new ObjectFiles();
        List<Problem> problems = new ArrayList<>();
        for (Path path : paths) {
            for (Path file : path.toString().equals("-") ? List.of(path) : files(path)) {
                WrittenObject.Read read = WrittenObject.read(file.toString(), text(file));
                files.objects.addAll(read.objects());
                problems.addAll(read.problems());
            }
        }
        if (!problems.isEmpty()) {
            throw new CommandFailure("objects cannot be read; nothing was changed\n"
                    + problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        }
        if (files.objects.isEmpty()) {
            throw new CommandFailure("there are no objects in "
                    + paths.stream().map(Path::toString).collect(Collectors.joining(", ")));
        }
        files.objects.forEach(object -> files.byTitle.put(object.title(), object));
        return files;
    }

    private static List<Path> files(Path path) {
        if (!Files.isDirectory(path)) {
            return List.of(path);
        }
        try (Stream<Path> all = Files.list(path)) {
            return all.filter(file -> {
                        String name = String.valueOf(file.getFileName());
                        return !name.startsWith(".") && (name.endsWith(".yaml") || name.endsWith(".yml"));
                    })
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new CommandFailure(path + " can't be read: " + e.getMessage(), e);
        }
    }

    private static String text(Path file) {
        try {
            return file.toString().equals("-")
                    ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8)
                    : Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new CommandFailure(file + ": there is no such file or directory", e);
        } catch (CharacterCodingException e) {
            throw new CommandFailure(file + ": not a UTF-8 text", e);
        } catch (IOException e) {
            throw new CommandFailure(file + " can't be read: " + e.getMessage(), e);
        }
    }

    /** All objects as one stream of documents. */
    String yaml() {
        return YamlText.documents(objects.stream().map(WrittenObject::fields).toList());
    }

    List<WrittenObject> objects() {
        return objects;
    }

    /** What the manager refuses, with the places in these files. */
    CommandFailure failure(ManagerClient.Refused refused) {
        StringBuilder text = new StringBuilder(refused.headline());
        List<Located> located = new ArrayList<>();
        refused.causes().forEach(cause -> located.add(located(cause)));
        located.sort(Comparator.comparingInt(Located::file)
                .thenComparingInt(Located::line)
                .thenComparingInt(Located::column));
        located.forEach(each -> text.append('\n').append(each.text));
        return new CommandFailure(text.toString(), refused);
    }

    /** A cause with where it is, in the order in which it is shown. */
    private record Located(int file, int line, int column, String text) {}

    private Located located(Map<String, @Nullable Object> cause) {
        WrittenObject object = byTitle.get(Fields.text(cause, "object"));
        if (object == null) {
            return new Located(-1, 0, 0, line(cause));
        }
        String message = Fields.text(cause, "message");
        boolean ofName = message.startsWith("unknown field") || message.startsWith("duplicate field");
        WrittenObject.Place place = object.place(Fields.text(cause, "field"), ofName);
        return new Located(fileNumber(place.file()), place.line(), place.column(), place + ": " + line(cause));
    }

    /** In the order in which files were named. */
    private int fileNumber(String file) {
        int number = 0;
        for (WrittenObject object : objects) {
            if (object.place("", false).file().equals(file)) {
                return number;
            }
            number++;
        }
        return number;
    }

    /** What the manager refuses, where no files have to do with it. */
    static CommandFailure failureWithoutFiles(ManagerClient.Refused refused) {
        return new ObjectFiles().failure(refused);
    }

    private static String line(Map<String, @Nullable Object> cause) {
        Problem problem = new Problem(
                Problem.Severity.ERROR,
                "",
                0,
                0,
                Fields.text(cause, "object"),
                Fields.text(cause, "field"),
                Fields.text(cause, "message"),
                Fields.text(cause, "found"),
                Fields.text(cause, "allowed"));
        return problem.toString().substring(2);
    }
}
