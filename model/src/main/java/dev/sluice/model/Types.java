package dev.sluice.model;

import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import dev.sluice.wire.MacAddress;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The types of single values. */
final class Types {
    private static final String MAC_PATTERN = "[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}";

    /** Which addresses there are is for their parser to say. */
    static final String ADDRESS_PATTERN = "(?:[0-9]+(\\.[0-9]+){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:]*([0-9]+(\\.[0-9]+){3})?)";

    /** One of the characters of the name of a Linux interface. */
    static final String INTERFACE_PATTERN = "[^/:\\u0000-\\u0020\\u007f]";

    private static final String LENGTH_PATTERN = "/[0-9]{1,3}";

    /** An object name. */
    static final ValueType<String> NAME = checked(
            "name: a-z, 0-9, '-' and '.', first and last a letter or digit, 1..63 characters",
            "is not a name",
            JsonSchema.text(Checks.NAME_PATTERN),
            text -> Checks.isName(text) ? Optional.of(text) : Optional.empty());

    /** The name of a Linux interface. */
    static final ValueType<String> INTERFACE = checked(
            "Linux interface name, 1..15 bytes without '/', ':' and spaces",
            "is not the name of a Linux interface",
            JsonSchema.text(INTERFACE_PATTERN + "{1," + Checks.INTERFACE_NAME_BYTES_MAX + "}"),
            text -> Checks.isInterfaceName(text) ? Optional.of(text) : Optional.empty());

    /** A unicast MAC address. */
    static final ValueType<MacAddress> MAC = checked(
            "unicast MAC address such as 02:00:00:00:00:01",
            "is not the MAC address of a host",
            JsonSchema.text(MAC_PATTERN),
            text -> MacAddress.parse(text).filter(mac -> !mac.isGroup() && mac.bits() != 0));

    /** Any MAC address. */
    static final ValueType<MacAddress> ANY_MAC = checked(
            "MAC address such as 02:00:00:00:00:01",
            "is not a MAC address",
            JsonSchema.text(MAC_PATTERN),
            MacAddress::parse);

    /** The address of a next hop. */
    static final ValueType<IpAddress> HOST_ADDRESS = checked(
            "unicast IPv4 or IPv6 address such as 10.0.0.1 or 2001:db8::1",
            "is not the IP address of a host",
            JsonSchema.text(ADDRESS_PATTERN),
            text -> IpAddress.parse(text)
                    .filter(ip -> !ip.isMulticast() && !ip.equals(IpAddress.ANY_V4) && !ip.equals(IpAddress.ANY_V6)));

    /** An own address with prefix length. */
    static final ValueType<InterfaceAddress> INTERFACE_ADDRESS = checked(
            "address/length of one host such as 10.0.0.1/24 or 2001:db8::1/64",
            "is not the address of an interface",
            JsonSchema.text(ADDRESS_PATTERN + LENGTH_PATTERN),
            InterfaceAddress::parse);

    /** An address block. */
    static final ValueType<IpPrefix> PREFIX = new ValueType<>() {
        @Override
        public @Nullable IpPrefix read(FieldReader at) {
            String text = at.text(allowed());
            if (text == null) {
                return null;
            }
            Optional<IpPrefix> prefix = IpPrefix.parse(text);
            if (prefix.isPresent()) {
                return prefix.get();
            }
            return at.refuse("is not an address block" + blockHint(text), allowed());
        }

        @Override
        public String allowed() {
            return "prefix without host bits such as 10.0.0.0/8 or 2001:db8::/32, or one address";
        }

        @Override
        public Map<String, Object> schema() {
            return JsonSchema.text(ADDRESS_PATTERN + "(" + LENGTH_PATTERN + ")?");
        }
    };

    /** A truth value. */
    static final ValueType<Boolean> BOOLEAN = new ValueType<>() {
        @Override
        public @Nullable Boolean read(FieldReader at) {
            YamlNode.Scalar scalar = at.scalar(allowed());
            if (scalar == null) {
                return null;
            }
            return switch (scalar.plain() ? scalar.text() : "") {
                case "true" -> Boolean.TRUE;
                case "false" -> Boolean.FALSE;
                default -> at.refuse("is not true or false", allowed());
            };
        }

        @Override
        public String allowed() {
            return "true, false";
        }

        @Override
        public Map<String, Object> schema() {
            return Map.of("type", "boolean");
        }
    };

    /** Labels and annotations: any keys, any texts. */
    static final ValueType<Map<String, String>> TEXTS = new ValueType<>() {
        @Override
        public @Nullable Map<String, String> read(FieldReader at) {
            return texts(at, allowed());
        }

        @Override
        public String allowed() {
            return "object whose values are texts";
        }

        @Override
        public Map<String, Object> schema() {
            return JsonSchema.texts(Map.of("type", "string"));
        }
    };

    private Types() {}

    /** What the block around the address would be, for somebody who left host bits in. */
    private static String blockHint(String text) {
        return InterfaceAddress.parse(text)
                .map(address -> ": host bits are set; did you mean '" + address.prefix() + "'?")
                .orElse("");
    }

    /** Text that a parser accepts, and the schema as well: what it refuses, the parser must refuse. */
    static <T> ValueType<T> checked(
            String allowed, String wrong, Map<String, Object> schema, Function<String, Optional<T>> parser) {
        return new ValueType<>() {
            @Override
            public @Nullable T read(FieldReader at) {
                String text = at.text(allowed);
                if (text == null) {
                    return null;
                }
                Optional<T> value = parser.apply(text);
                return value.isPresent() ? value.get() : at.refuse(wrong, allowed);
            }

            @Override
            public String allowed() {
                return allowed;
            }

            @Override
            public Map<String, Object> schema() {
                return schema;
            }
        };
    }

    /** Free text. */
    static ValueType<String> text(int lengthMax) {
        return checked(
                "text of 1.." + lengthMax + " characters",
                "is empty or too long",
                JsonSchema.text(1, lengthMax),
                text -> text.isEmpty() || text.length() > lengthMax ? Optional.empty() : Optional.of(text));
    }

    /** A whole number. */
    static ValueType<Integer> integer(int min, int max) {
        return new ValueType<>() {
            @Override
            public @Nullable Integer read(FieldReader at) {
                YamlNode.Scalar scalar = at.scalar(allowed());
                return scalar == null ? null : number(at, scalar, min, max, allowed());
            }

            @Override
            public String allowed() {
                return min + ".." + max;
            }

            @Override
            public Map<String, Object> schema() {
                return JsonSchema.integer(min, max);
            }
        };
    }

    private static @Nullable Integer number(FieldReader at, YamlNode.Scalar scalar, int min, int max, String allowed) {
        OptionalLong value = Literals.integer(scalar.text());
        if (value.isEmpty()) {
            return at.refuse("is not a whole number", allowed);
        }
        if (!scalar.plain()) {
            return at.refuse("is text where a number is expected; remove the quotes", allowed);
        }
        if (value.getAsLong() < min || value.getAsLong() > max) {
            return at.refuse("is out of range", allowed);
        }
        return (int) value.getAsLong();
    }

    /** A whole number or a range {@code a-b}. */
    static ValueType<IntRange> range(int min, int max) {
        return new ValueType<>() {
            @Override
            public @Nullable IntRange read(FieldReader at) {
                YamlNode.Scalar scalar = at.scalar(allowed());
                if (scalar == null) {
                    return null;
                }
                if (!Literals.isRange(scalar.text())) {
                    Integer single = number(at, scalar, min, max, allowed());
                    return single == null ? null : new IntRange(single, single);
                }
                int low = Literals.low(scalar.text()).orElseThrow();
                int high = Literals.high(scalar.text()).orElseThrow();
                if (low > high) {
                    return at.refuse("is a range whose first number is higher than its second", allowed());
                }
                return low < min || high > max ? at.refuse("is out of range", allowed()) : new IntRange(low, high);
            }

            @Override
            public String allowed() {
                return "number or \"a-b\" in " + min + ".." + max;
            }

            @Override
            public Map<String, Object> schema() {
                return JsonSchema.either(JsonSchema.integer(min, max), JsonSchema.text(Literals.RANGE));
            }
        };
    }

    /** A duration in nanoseconds, written like 30s. */
    static ValueType<Long> durationNs(long minNs, long maxNs) {
        String allowed =
                "duration such as 500ms, 30s, 5m, 2h in " + Literals.duration(minNs) + ".." + Literals.duration(maxNs);
        return new ValueType<>() {
            @Override
            public @Nullable Long read(FieldReader at) {
                YamlNode.Scalar scalar = at.scalar(allowed);
                if (scalar == null) {
                    return null;
                }
                OptionalLong value = Literals.durationNs(scalar.text());
                if (value.isEmpty()) {
                    return at.refuse("is not a duration; write a whole number and its unit", allowed);
                }
                boolean inside = value.getAsLong() >= minNs && value.getAsLong() <= maxNs;
                return inside ? (Long) value.getAsLong() : at.refuse("is out of range", allowed);
            }

            @Override
            public String allowed() {
                return allowed;
            }

            @Override
            public Map<String, Object> schema() {
                return JsonSchema.text(Literals.DURATION);
            }
        };
    }

    /** One of some words. */
    static <T extends Enum<T> & Word> ValueType<T> word(List<T> values, List<String> later) {
        List<String> words = values.stream().map(Word::word).toList();
        String allowed = String.join(", ", words);
        return checkedWord(
                allowed,
                JsonSchema.words(words),
                text -> {
                    if (later.contains(text)) {
                        return "is a word of a later version; this version has " + allowed;
                    }
                    return "is not one of the known words" + Spelling.hint(text, words);
                },
                text -> values.stream()
                        .filter(value -> value.word().equals(text))
                        .findFirst());
    }

    /** One of the words of an enum. */
    static <T extends Enum<T> & Word> ValueType<T> word(Class<T> type) {
        return word(Arrays.asList(type.getEnumConstants()), List.of());
    }

    static <T> ValueType<T> checkedWord(
            String allowed,
            Map<String, Object> schema,
            Function<String, String> wrong,
            Function<String, Optional<T>> parser) {
        return new ValueType<>() {
            @Override
            public @Nullable T read(FieldReader at) {
                YamlNode.Scalar scalar = at.scalar(allowed);
                if (scalar == null) {
                    return null;
                }
                Optional<T> value = parser.apply(scalar.text());
                return value.isPresent() ? value.get() : at.refuse(wrong.apply(scalar.text()), allowed);
            }

            @Override
            public String allowed() {
                return allowed;
            }

            @Override
            public Map<String, Object> schema() {
                return schema;
            }
        };
    }

    /** The name of another object, of one of these kinds; that it exists is checked when everything is read. */
    static ValueType<String> reference(Kind... kinds) {
        List<Kind> any = List.of(kinds);
        return new ValueType<>() {
            @Override
            public @Nullable String read(FieldReader at) {
                String name = NAME.read(at);
                if (name != null && at.node() instanceof YamlNode.Scalar scalar) {
                    at.document().references().add(new Document.Reference(any, scalar, at.path()));
                }
                return name;
            }

            @Override
            public String allowed() {
                return "name of a " + words(any);
            }

            @Override
            public Map<String, Object> schema() {
                return NAME.schema();
            }
        };
    }

    private static @Nullable Map<String, String> texts(FieldReader at, String allowed) {
        if (!(at.node() instanceof YamlNode.Mapping mapping)) {
            return at.refuse("is " + at.node().shape() + " where an object is expected", allowed);
        }
        Map<String, String> texts = new LinkedHashMap<>();
        boolean sound = true;
        for (YamlNode.Entry entry : mapping.entries()) {
            String key = at.field("", entry.key()).text(allowed);
            if (key == null) {
                sound = false;
                continue;
            }
            String value = at.field(key, entry.value()).text("text");
            if (value == null) {
                sound = false;
            } else if (texts.putIfAbsent(key, value) != null) {
                at.field(key, entry.key()).refuse("duplicate field", "once");
                sound = false;
            }
        }
        return sound ? texts : null;
    }

    /** Kinds in a sentence. */
    static String words(List<Kind> kinds) {
        return kinds.stream().map(Kind::word).collect(Collectors.joining(" or "));
    }

    /** Words in a sentence. */
    static String join(List<? extends Word> words) {
        return words.stream().map(Word::word).collect(Collectors.joining(", "));
    }
}
