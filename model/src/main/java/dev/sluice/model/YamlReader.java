package dev.sluice.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;

/**
 * Builds the values of each document from parser events. It does so itself, instead of with the library's composer, to keep both uses
 * of a duplicate key, to bound depth and aliases while reading, and to count what an alias stands for (a few lines of nested aliases
 * can mean billions of values).
 */
final class YamlReader {
    /** Deepest nesting of lists and objects. */
    static final int DEPTH_MAX = 32;

    /** Most aliases ({@code *name}) per file. */
    static final int ALIASES_MAX = 64;

    /** Most values that the aliases of a file may add. */
    static final int ALIAS_VALUES_MAX = 10_000;

    private final Iterator<Event> events;
    private final Map<String, Anchored> anchors = new HashMap<>();
    private int aliases;
    private int aliasValues;
    private int values;

    private YamlReader(Iterator<Event> events) {
        this.events = events;
    }

    /**
     * The documents of a file up to the first syntax error.
     *
     * @param documents one value each; an empty document is a scalar that is null
     * @param failure why reading ended early
     */
    record Result(List<YamlNode> documents, Optional<Failure> failure) {}

    /**
     * A syntax error.
     *
     * @param line from 1; 0: unknown
     * @param column from 1; 0: unknown
     * @param message what is wrong
     * @param allowed what is allowed, or empty
     */
    record Failure(int line, int column, String message, String allowed) {}

    /**
     * A value with a name.
     *
     * @param node the value
     * @param count how many values it holds, itself and what aliases stand for included
     */
    private record Anchored(YamlNode node, int count) {}

    /** Ends reading; never leaves this class. */
    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;
        private final transient Failure failure;

        Refused(Event at, String message, String allowed) {
            super(message, null, false, false);
            this.failure = new Failure(line(at), column(at), message, allowed);
        }
    }

    static Result read(String text) {
        List<YamlNode> documents = new ArrayList<>();
        try {
            // The caller has limited the length of the text; the library's own limit must not be the lower one.
            LoadSettings settings =
                    LoadSettings.builder().setCodePointLimit(Integer.MAX_VALUE).build();
            new YamlReader(new Parse(settings).parseString(text).iterator()).documents(documents);
            return new Result(documents, Optional.empty());
        } catch (Refused refused) {
            return new Result(documents, Optional.of(refused.failure));
        } catch (MarkedYamlEngineException e) {
            return new Result(documents, Optional.of(failure(e)));
        } catch (ReaderException e) {
            return new Result(documents, Optional.of(failure(e, text)));
        } catch (RuntimeException e) {
            // The library documents only its own exceptions, but on broken input its scanner lets others out too.
            return new Result(documents, Optional.of(new Failure(0, 0, notYaml(e.toString()), "")));
        }
    }

    private static Failure failure(MarkedYamlEngineException e) {
        Optional<Mark> mark = e.getProblemMark().or(e::getContextMark);
        int line = mark.map(m -> m.getLine() + 1).orElse(0);
        int column = mark.map(m -> m.getColumn() + 1).orElse(0);
        String context = e.getContext() == null ? "" : e.getContext() + ": ";
        return new Failure(line, column, notYaml(context + e.getProblem()), "");
    }

    private static Failure failure(ReaderException e, String text) {
        int end = text.offsetByCodePoints(0, Math.clamp(e.getPosition(), 0, text.codePointCount(0, text.length())));
        int line =
                1 + (int) text.substring(0, end).chars().filter(c -> c == '\n').count();
        int column = end - text.lastIndexOf('\n', Math.max(0, end - 1));
        String message = String.format("not a text file: it holds the character U+%04X", e.getCodePoint());
        return new Failure(line, Math.max(1, column), message, "YAML 1.2 in UTF-8");
    }

    private static String notYaml(String why) {
        String line = ("not valid YAML: " + why).replaceAll("\\s+", " ").strip();
        return line.length() > 200 ? line.substring(0, 200) + "..." : line;
    }

    private void documents(List<YamlNode> documents) throws Refused {
        while (events.hasNext()) {
            if (events.next().getEventId() == Event.ID.DocumentStart) {
                anchors.clear();
                documents.add(node(events.next(), 1));
            }
        }
    }

    private YamlNode node(Event event, int depth) throws Refused {
        if (event instanceof AliasEvent alias) {
            return aliased(alias, depth);
        }
        int before = values++;
        YamlNode node = switch (event) {
            case ScalarEvent scalar -> scalar(scalar);
            case CollectionStartEvent start -> collection(start, depth);
            default -> throw new Refused(event, "not valid YAML: a value is missing", "");
        };
        if (event instanceof NodeEvent named && named.getAnchor().isPresent()) {
            anchors.put(named.getAnchor().get().getValue(), new Anchored(node, values - before));
        }
        return node;
    }

    private YamlNode aliased(AliasEvent alias, int depth) throws Refused {
        String name = alias.getAlias().getValue();
        Anchored target = anchors.get(name);
        if (target == null) {
            // Also the case of a value that holds itself: its anchor counts only from its end on.
            throw new Refused(alias, "alias *" + name + " refers to no complete value before it", "");
        }
        aliases++;
        if (aliases > ALIASES_MAX) {
            throw new Refused(alias, "more than " + ALIASES_MAX + " aliases in one file", "0.." + ALIASES_MAX);
        }
        aliasValues += target.count;
        values += target.count;
        if (aliasValues > ALIAS_VALUES_MAX) {
            String message = "the aliases of this file stand for more than " + ALIAS_VALUES_MAX + " values";
            throw new Refused(alias, message, "0.." + ALIAS_VALUES_MAX);
        }
        if (depth - 1 + height(target.node) > DEPTH_MAX) {
            throw tooDeep(alias);
        }
        return target.node;
    }

    private static YamlNode scalar(ScalarEvent event) throws Refused {
        refuseTag(event, event.getTag());
        return new YamlNode.Scalar(event.getValue(), event.isPlain(), line(event), column(event));
    }

    private YamlNode collection(CollectionStartEvent start, int depth) throws Refused {
        refuseTag(start, start.getTag());
        if (depth > DEPTH_MAX) {
            throw tooDeep(start);
        }
        return start instanceof MappingStartEvent ? mapping(start, depth) : sequence(start, depth);
    }

    private YamlNode sequence(Event start, int depth) throws Refused {
        List<YamlNode> items = new ArrayList<>();
        for (Event event = events.next(); event.getEventId() != Event.ID.SequenceEnd; event = events.next()) {
            items.add(node(event, depth + 1));
        }
        return new YamlNode.Sequence(items, line(start), column(start));
    }

    private YamlNode mapping(Event start, int depth) throws Refused {
        List<YamlNode.Entry> entries = new ArrayList<>();
        for (Event event = events.next(); event.getEventId() != Event.ID.MappingEnd; event = events.next()) {
            YamlNode key = node(event, depth + 1);
            entries.add(new YamlNode.Entry(key, node(events.next(), depth + 1)));
        }
        return new YamlNode.Mapping(entries, line(start), column(start));
    }

    private static void refuseTag(Event event, Optional<String> tag) throws Refused {
        if (tag.isPresent()) {
            String message = "tag " + YamlNode.Scalar.quote(tag.get()) + " is not supported; write the plain value";
            throw new Refused(event, message, "");
        }
    }

    private static Refused tooDeep(Event at) {
        return new Refused(at, "lists and objects are nested too deeply", "1.." + DEPTH_MAX + " levels");
    }

    /** Levels of nesting: 0 for a single value. */
    private static int height(YamlNode node) {
        int below = 0;
        switch (node) {
            case YamlNode.Scalar _ -> {
                return 0;
            }
            case YamlNode.Sequence sequence -> {
                for (YamlNode item : sequence.items()) {
                    below = Math.max(below, height(item));
                }
            }
            case YamlNode.Mapping mapping -> {
                for (YamlNode.Entry entry : mapping.entries()) {
                    below = Math.max(below, Math.max(height(entry.key()), height(entry.value())));
                }
            }
        }
        return below + 1;
    }

    private static int line(Event event) {
        return event.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
    }

    private static int column(Event event) {
        return event.getStartMark().map(mark -> mark.getColumn() + 1).orElse(0);
    }
}
