package dev.sluice.agent.compile;

import dev.sluice.agent.compile.IdRegistry.Space;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The numbers of a node, for its next process (ADR 23): a text file that is replaced as a whole before a snapshot with new numbers comes into force. One writer: the control thread.
 *
 * <p>What else is kept names the same <i>epoch</i>; when the file is lost or damaged, a new one begins, and nothing that was kept means anything.
 * Its last line has a digest of the others: one digit that is another one would let flows be taken for those of another rule.
 */
public final class NumbersFile {
    private static final Logger LOG = LoggerFactory.getLogger(NumbersFile.class);
    private static final String FORMAT = "sluice-numbers 2";
    private static final String END = "end ";

    private final Path file;
    private final Map<Space, List<String>> names = new EnumMap<>(Space.class);
    private final Map<String, Integer> ids = new HashMap<>();
    private long epoch = new SecureRandom().nextLong();
    private int generation;
    private int lastId;
    private boolean troubleTold;

    private NumbersFile(Path file) {
        this.file = file;
    }

    /** Reads a file; one that is not there or damaged is a new one. */
    public static NumbersFile read(Path file) {
        NumbersFile numbers = new NumbersFile(file);
        try {
            if (Files.exists(file)) {
                numbers.parse(Files.readAllLines(file, StandardCharsets.UTF_8));
            }
            return numbers;
        } catch (IOException | RuntimeException e) {
            LOG.warn("{} cannot be read ({}): flows of the process before are decided anew", file, e.toString());
            return new NumbersFile(file);
        }
    }

    private void parse(List<String> lines) {
        boolean whole = lines.size() > 1
                && lines.getFirst().equals(FORMAT)
                && lines.getLast().equals(END + ContentDigest.of(lines.subList(0, lines.size() - 1)));
        if (!whole) {
            throw new IllegalArgumentException("it is of another version, damaged, or not complete");
        }
        for (String line : lines.subList(1, lines.size() - 1)) {
            String[] words = line.split(" ", 2);
            switch (words[0]) {
                case "epoch" -> epoch = Long.parseUnsignedLong(words[1], 16);
                case "generation" -> generation = Integer.parseInt(words[1]);
                case "last" -> lastId = Integer.parseInt(words[1]);
                case "id" -> {
                    String[] pair = words[1].split(" ", 2);
                    ids.put(pair[1], Integer.parseInt(pair[0]));
                }
                default ->
                    names.computeIfAbsent(Space.valueOf(words[0]), _ -> new ArrayList<>())
                            .add(words[1]);
            }
        }
        if (ids.values().stream().anyMatch(id -> id < 1 || id > lastId) || generation < 0) {
            throw new IllegalArgumentException("its numbers do not fit each other");
        }
    }

    /** What all that is kept has in common. */
    public long epoch() {
        return epoch;
    }

    int generation() {
        return generation;
    }

    int lastId() {
        return lastId;
    }

    /** By space, in the order of their numbers from 0. */
    Map<Space, List<String>> names() {
        return names;
    }

    /** By digest of the content. */
    Map<String, Integer> ids() {
        return ids;
    }

    /** Replaces the file. If that is impossible it is removed, so that nothing kept is taken for what it is not. */
    void save(int nowGeneration, int nowLastId, Map<Space, List<String>> nowNames, Map<String, Integer> nowIds) {
        List<String> lines = new ArrayList<>();
        lines.add(FORMAT);
        lines.add("epoch " + Long.toHexString(epoch));
        lines.add("generation " + nowGeneration);
        lines.add("last " + nowLastId);
        nowNames.forEach((space, all) -> all.forEach(name -> lines.add(space.name() + " " + name)));
        nowIds.forEach((digest, id) -> lines.add("id " + id + " " + digest));
        lines.add(END + ContentDigest.of(lines));
        Path next = file.resolveSibling(file.getFileName() + ".new");
        try {
            Files.write(next, lines, StandardCharsets.UTF_8);
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            if (!troubleTold) {
                troubleTold = true;
                LOG.warn("{} cannot be written ({}): flows will not outlive this process", file, e.toString());
            }
            forget();
        }
    }

    private void forget() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.warn("{} cannot be removed either; remove it before the next start", file);
        }
    }
}
