package dev.sluice.model;

import dev.sluice.model.VendorTemplate.Parameter;
import dev.sluice.model.VendorTemplate.ParameterType;
import dev.sluice.model.VendorTemplate.Spec;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads {@link VendorTemplate}. */
final class VendorTemplateReader {
    private static final ValueType<Integer> NUMBER = Types.integer(Integer.MIN_VALUE, Integer.MAX_VALUE);

    private static final Field<String> NAME =
            Field.required("name", ServiceProfileReader.PARAMETER_NAME, "What profiles call it.");
    private static final Field<ParameterType> TYPE = Field.defaulted(
            "type", Types.word(ParameterType.class), ParameterType.TEXT, "Of its values; nodes are told them as such.");
    private static final Field<List<String>> VALUES = Field.defaulted(
            "values",
            Lists.of(ServiceProfileReader.PARAMETER_VALUE, 1, ServiceProfile.PARAMETERS_MAX),
            List.of(),
            "",
            "The only values that are allowed.");
    private static final Field<Optional<Integer>> MIN = Field.optional("min", NUMBER, "integer: smallest value.");
    private static final Field<Optional<Integer>> MAX = Field.optional("max", NUMBER, "integer: largest value.");
    private static final Field<Optional<String>> FALLBACK = Field.optional(
            "default",
            ServiceProfileReader.PARAMETER_VALUE,
            "Its value in profiles that say none; without it, profiles have to say one.");
    private static final ValueType<Parameter> PARAMETER =
            ObjectType.of(VendorTemplateReader::parameter, NAME, TYPE, VALUES, MIN, MAX, FALLBACK);

    private static final Field<String> SERVICE =
            Field.required("service", Types.reference(Kind.SERVICE), "The vendor's product.");
    private static final Field<List<ServiceAction>> ACTIONS = Field.defaulted(
            "actions",
            Lists.orOne(Types.word(ServiceAction.class), 1, ServiceAction.values().length),
            List.of(),
            "any",
            "What its nodes can get: packets (forward), copies (copy) or, as a profile says, either. Profiles that say nothing have the first; where nothing is listed, what the service says.");
    private static final Field<List<Parameter>> PARAMETERS = Field.defaulted(
            "parameters",
            Lists.of(PARAMETER, 0, ServiceProfile.PARAMETERS_MAX),
            List.of(),
            "[]",
            "What profiles may set, and nothing else.");

    static final ObjectType<Spec> SPEC = ObjectType.of(VendorTemplateReader::spec, SERVICE, ACTIONS, PARAMETERS);

    private VendorTemplateReader() {}

    private static @Nullable Parameter parameter(Values v) {
        ParameterType type = v.get(TYPE);
        Optional<Integer> min = v.get(MIN);
        Optional<Integer> max = v.get(MAX);
        if (type != ParameterType.INTEGER && (min.isPresent() || max.isPresent())) {
            return v.refuse(min.isPresent() ? "min" : "max", "stands without type: integer", "type: integer beside it");
        }
        int low = min.orElse(Integer.MIN_VALUE);
        int high = max.orElse(Integer.MAX_VALUE);
        if (low > high) {
            return v.refuse("max", "is less than min", low + ".." + Integer.MAX_VALUE);
        }
        Optional<IntRange> range =
                min.isPresent() || max.isPresent() ? Optional.of(new IntRange(low, high)) : Optional.empty();
        List<String> values = v.get(VALUES);
        Parameter any = new Parameter(v.get(NAME), type, List.of(), range, Optional.empty());
        for (int i = 0; i < values.size(); i++) {
            if (!any.allows(values.get(i))) {
                return v.refuse("values[" + i + "]", "is no value of its type", any.allowed());
            }
        }
        Parameter read = new Parameter(v.get(NAME), type, values, range, v.get(FALLBACK));
        if (!read.fallback().map(read::allows).orElse(true)) {
            return v.refuse("default", "is no value of the parameter", read.allowed());
        }
        return read;
    }

    private static @Nullable Spec spec(Values v) {
        List<Parameter> parameters = v.get(PARAMETERS);
        List<String> names = parameters.stream().map(Parameter::name).toList();
        for (int i = 0; i < names.size(); i++) {
            if (names.indexOf(names.get(i)) < i) {
                return v.refuse("parameters[" + i + "].name", "is a parameter already", "each name once");
            }
        }
        List<ServiceAction> actions = v.get(ACTIONS);
        if (actions.stream().distinct().count() < actions.size()) {
            return v.refuse("actions", "has an action twice", "each action once");
        }
        return new Spec(v.get(SERVICE), actions, parameters);
    }
}
