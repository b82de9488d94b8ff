/**
 * A validator by the Standard Schema specification (standardschema.dev). zod, valibot, arktype and others
 * make them.
 */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  /** What every Standard Schema has. */
  readonly "~standard": {
    readonly version: 1;
    /** Name of the library. */
    readonly vendor: string;
    /** Checks a value and returns what it makes of it, or its problems. */
    readonly validate: (
      value: unknown,
    ) => StandardSchemaResult<Output> | PromiseLike<StandardSchemaResult<Output>>;
    /** Only for the compiler. */
    readonly types?:
      | {
          /** Type of the values that are validated. */
          readonly input: Input;
          /** Type of the values that come out. */
          readonly output: Output;
        }
      | undefined;
  };
}

/** The schema's output value, or the problems of the value. */
export type StandardSchemaResult<Output> =
  | {
      /** The valid value, which the schema may have transformed. */
      readonly value: Output;
      readonly issues?: undefined;
    }
  | {
      /** The problems of the value; undefined if it is valid. */
      readonly issues: readonly StandardSchemaIssue[];
    };

/** One problem of a value. */
export interface StandardSchemaIssue {
  /** What is wrong, in words. */
  readonly message: string;
  /** Where the problem is in the value. */
  readonly path?:
    | readonly (
        | PropertyKey
        | {
            /** Name or index within the value that contains it. */
            readonly key: PropertyKey;
          }
      )[]
    | undefined;
}
