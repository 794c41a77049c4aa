package dev.sluice.model;

import java.util.List;
import java.util.Optional;

/**
 * What a vendor's product can be told: the parameters that service profiles of it set, and what it can do with packets (V16).
 *
 * @param metadata the name is the one that profiles use
 * @param spec what profiles may say
 */
public record VendorTemplate(Metadata metadata, Spec spec) implements Resource {
    @Override
    public Kind kind() {
        return Kind.VENDOR_TEMPLATE;
    }

    /**
     * What profiles may say.
     *
     * @param service name of the Service
     * @param actions what its nodes can get; a profile that says nothing has the first; empty: as the service says, or the profile
     * @param parameters 0..64, no name twice
     */
    public record Spec(String service, List<ServiceAction> actions, List<Parameter> parameters) {
        /** Copies the lists. */
        public Spec {
            actions = List.copyOf(actions);
            parameters = List.copyOf(parameters);
        }

        /** The parameter of that name. */
        public Optional<Parameter> parameter(String name) {
            return parameters.stream().filter(each -> each.name().equals(name)).findFirst();
        }
    }

    /**
     * A parameter.
     *
     * @param name unique in the template
     * @param type of its values
     * @param values the only ones that are allowed; empty: all of the type
     * @param range of numbers; empty: any
     * @param fallback value if a profile says none; empty: profiles have to say one
     */
    public record Parameter(
            String name, ParameterType type, List<String> values, Optional<IntRange> range, Optional<String> fallback) {
        /** Copies the list. */
        public Parameter {
            values = List.copyOf(values);
        }

        /** Whether it can have a value. */
        public boolean allows(String value) {
            return (values.isEmpty() || values.contains(value))
                    && switch (type) {
                        case TEXT -> true;
                        case BOOLEAN -> value.equals("true") || value.equals("false");
                        case INTEGER -> isInRange(value);
                    };
        }

        private boolean isInRange(String value) {
            if (!value.matches("0|-?[1-9][0-9]{0,9}")) {
                return false;
            }
            long number = Long.parseLong(value);
            return number >= range.map(IntRange::low).orElse(Integer.MIN_VALUE)
                    && number <= range.map(IntRange::high).orElse(Integer.MAX_VALUE);
        }

        /** Its values in a few words. */
        String allowed() {
            if (!values.isEmpty()) {
                return String.join(", ", values);
            }
            return switch (type) {
                case TEXT -> "text";
                case BOOLEAN -> "true, false";
                case INTEGER ->
                    "whole number "
                            + range.map(IntRange::low).orElse(Integer.MIN_VALUE) + ".."
                            + range.map(IntRange::high).orElse(Integer.MAX_VALUE);
            };
        }
    }

    /** Of the values of a parameter. */
    public enum ParameterType implements Word {
        /** Any text. */
        TEXT("text"),

        /** A whole number of 32 bits. */
        INTEGER("integer"),

        /** {@code true} or {@code false}. */
        BOOLEAN("boolean");

        private final String word;

        ParameterType(String word) {
            this.word = word;
        }

        @Override
        public String word() {
            return word;
        }
    }
}
