// openapi.json b0e9f163377a1e358618cff57b6e3dfce7b4c7034508e93ca6a03281f59e7257
export interface paths {
    "/enter": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Enter
         * @description Let the browser in that follows a link: its cookie stays until the token changes.
         */
        get: operations["enter"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Health
         * @description Say that the server answers. Needs no token and tells nothing of the studio.
         */
        get: operations["read_health"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/assets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Assets
         * @description List what was uploaded, the newest first.
         */
        get: operations["list_assets"];
        put?: never;
        /**
         * Upload Asset
         * @description Upload a sound: its bytes are the body. It is decoded to its end first; the same sound again is the same asset.
         */
        post: operations["upload_asset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/assets/{asset}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Asset
         * @description Read what is known of an asset.
         */
        get: operations["read_asset"];
        put?: never;
        post?: never;
        /**
         * Delete Asset
         * @description Delete an asset. Takes that were made from it stay.
         */
        delete: operations["delete_asset"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/assets/{key}/audio": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Audio
         * @description Send the sound as it is stored, or one range of its bytes.
         */
        get: operations["read_asset_audio"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/assets/{key}/peaks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Peaks
         * @description Read which peaks there are: three resolutions, computed once.
         */
        get: operations["read_asset_peaks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/assets/{key}/peaks/{level}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Peaks Level
         * @description Send the peaks of one resolution: three signed bytes each, lowest, highest and RMS, where 127 is full scale.
         */
        get: operations["read_asset_peaks_level"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/assets/{key}/picture": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Picture
         * @description Send a picture of the sound: waveform above spectrogram.
         */
        get: operations["read_asset_picture"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/capabilities": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Capabilities
         * @description Read what this server can do: tasks and the variants that do them, formats and limits.
         */
        get: operations["read_capabilities"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/captions/read": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Read Caption
         * @description Tell what a caption would be understood as: tempo, key, style, words that are not known. Nothing is played or kept.
         */
        post: operations["read_caption"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/config": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Every Setting
         * @description List the settings of the studio, and where each comes from.
         */
        get: operations["list_settings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/config/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Set Setting
         * @description Keep a setting in the studio's file, or none. What runs goes on as it began; new workers and `twin` commands follow it.
         */
        put: operations["set_setting"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/datasets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Datasets
         * @description List the training sets that were frozen, the newest first.
         */
        get: operations["list_datasets"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/datasets/{dataset}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Dataset
         * @description Read a training set: which tracks, in which words, on which side, made how.
         */
        get: operations["read_dataset"];
        put?: never;
        post?: never;
        /**
         * Delete Dataset
         * @description Move a training set to the trash; its tracks and trainings stay.
         */
        delete: operations["delete_dataset"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/datasets/{dataset}/report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Dataset Report
         * @description Send the report of a training set as a page that loads nothing.
         */
        get: operations["read_dataset_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/disk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Disk
         * @description Read what the studio takes on the disk, and what is free.
         */
        get: operations["read_disk"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/doctor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Examine
         * @description Look at versions, device, memory, disk, codecs and variants, as `twin doctor` does.
         */
        get: operations["examine"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Watch Events
         * @description Watch what happens, as server-sent events, in one stream.
         *
         *     `job` (progress, notes and states of jobs), `take` (one was stored) and `worker` are rows with ids: `Last-Event-ID` brings all
         *     that came after. `library` (takes appeared or changed) and `run` (points of its curves) are hints without ids. `reset` tells
         *     that something was missed, so that everything should be read anew.
         */
        get: operations["watch_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Every Job
         * @description List the jobs, the newest first.
         */
        get: operations["list_jobs"];
        put?: never;
        /**
         * Submit Job
         * @description Accept a job: what can be refused is refused now, each mistake by its field; what is accepted is done, whatever crashes.
         */
        post: operations["submit_job"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/kinds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Job Kinds
         * @description List the kinds of work, and the schema of what is asked of each: forms can be drawn from it.
         */
        get: operations["list_job_kinds"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{job}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Job
         * @description Read how a job stands: its progress, every attempt with its error, and what it made.
         */
        get: operations["read_job"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{job}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel Job
         * @description Cancel a job: it stops at its next step. What it stored stays, and a job that ended stays as it is.
         */
        post: operations["cancel_job"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{job}/priority": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Prioritise Job
         * @description Give a job that waits another place in its queue.
         */
        put: operations["prioritise_job"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{job}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retry Job
         * @description Queue a job again that failed or was cancelled; what it had done is not done again.
         */
        post: operations["retry_job"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/links": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make Link
         * @description Make a link that lets a browser in, once and within an hour.
         */
        post: operations["make_link"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pipelines": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Every Pipeline
         * @description List the pipelines: presets, and the studio's own, which win where names are the same.
         */
        get: operations["list_pipelines"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pipelines/validate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Validate Pipeline
         * @description Check a pipeline, in the tables of its file, and read it back with every default. Each mistake names its field.
         */
        post: operations["validate_pipeline"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/pipelines/{pipeline}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read One Pipeline
         * @description Read a pipeline as it is written.
         */
        get: operations["read_pipeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/planners": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Planners
         * @description List the planners: whether each is here, its size and its licence.
         */
        get: operations["list_planners"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/producers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Producers
         * @description List everybody whose tracks or twins are here, by name.
         */
        get: operations["list_producers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/producers/{producer}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Producer
         * @description Read how many tracks are a producer's, and what their twin is.
         */
        get: operations["read_producer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/proofs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Proofs
         * @description List the proofs of what twins learned, the newest first.
         */
        get: operations["list_proofs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/proofs/{proof}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Proof
         * @description Read the figures of a proof, as `figures.json` holds them.
         */
        get: operations["read_proof"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/proofs/{proof}/report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Proof Report
         * @description Send the report of a proof as a page that loads nothing; its sounds play where they lie inside it.
         */
        get: operations["read_proof_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Every Run
         * @description List the runs, the newest first: how each stands, its last loss and its best validation.
         */
        get: operations["list_runs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs/{run}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Run
         * @description Read a run: its recipe, samples, warnings and checkpoints.
         */
        get: operations["read_run"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/runs/{run}/curves": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Run Curves
         * @description Read how the loss of a run went; empty before its first step.
         */
        get: operations["read_run_curves"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/styles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Styles
         * @description List the styles that captions can ask for.
         */
        get: operations["list_styles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/takes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Takes
         * @description List takes, the newest first, as `twin takes list` finds them.
         */
        get: operations["list_takes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/takes/labels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Labels
         * @description List the folders and tags that takes have.
         */
        get: operations["list_labels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/takes/{key}/audio": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Audio
         * @description Send the sound as it is stored, or one range of its bytes.
         */
        get: operations["read_take_audio"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/takes/{key}/peaks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Peaks
         * @description Read which peaks there are: three resolutions, computed once.
         */
        get: operations["read_take_peaks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/takes/{key}/peaks/{level}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Peaks Level
         * @description Send the peaks of one resolution: three signed bytes each, lowest, highest and RMS, where 127 is full scale.
         */
        get: operations["read_take_peaks_level"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/takes/{key}/picture": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Picture
         * @description Send a picture of the sound: waveform above spectrogram.
         */
        get: operations["read_take_picture"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/takes/{take}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Take
         * @description Read a take: how it came to be, what it measures, and what was made from it.
         */
        get: operations["read_take"];
        put?: never;
        post?: never;
        /**
         * Delete Take
         * @description Move a take to the trash, from which it can be restored.
         */
        delete: operations["delete_take"];
        options?: never;
        head?: never;
        /**
         * Label Take
         * @description Say something of a take: its title, folder, tags, stars, a remark, or that you like it.
         */
        patch: operations["label_take"];
        trace?: never;
    };
    "/v1/takes/{take}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export Take
         * @description Write a take in another format, with its tags inside, to be saved.
         */
        get: operations["export_take"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/takes/{take}/lineage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Lineage
         * @description Read what a take was made from and what was made from it, through all generations.
         */
        get: operations["read_lineage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tracks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Tracks
         * @description List tracks by producer and title.
         */
        get: operations["list_tracks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tracks/{key}/audio": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Audio
         * @description Send the sound as it is stored, or one range of its bytes.
         */
        get: operations["read_track_audio"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tracks/{key}/peaks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Peaks
         * @description Read which peaks there are: three resolutions, computed once.
         */
        get: operations["read_track_peaks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tracks/{key}/peaks/{level}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Peaks Level
         * @description Send the peaks of one resolution: three signed bytes each, lowest, highest and RMS, where 127 is full scale.
         */
        get: operations["read_track_peaks_level"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tracks/{key}/picture": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Picture
         * @description Send a picture of the sound: waveform above spectrogram.
         */
        get: operations["read_track_picture"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tracks/{track}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Track
         * @description Read a track and what was noted of it.
         */
        get: operations["read_track"];
        put?: never;
        post?: never;
        /**
         * Delete Track
         * @description Forget a track, with its notes. Training sets that were frozen with it keep its name and lose its sound.
         */
        delete: operations["delete_track"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tracks/{track}/caption": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Caption
         * @description Read a track's caption: its parts, the text that is learned, and what a person should look at.
         */
        get: operations["read_track_caption"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Edit Caption
         * @description Set parts of a track's caption by hand; what is absent stays, an empty text clears. Flags that it answers go.
         */
        patch: operations["edit_caption"];
        trace?: never;
    };
    "/v1/tracks/{track}/licence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Set Licence
         * @description Say under which licence a track may be used.
         */
        put: operations["set_licence"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tracks/{track}/rating": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Rate Track
         * @description Keep a person's score of a track, and why.
         */
        put: operations["rate_track"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tracks/{track}/stems/{stem}/audio": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read Stem Audio
         * @description Send the sound of one stem of a track, or one range of its bytes.
         */
        get: operations["read_stem_audio"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/trash": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Trash
         * @description List what was deleted, the newest first.
         */
        get: operations["list_trash"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/trash/empty": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Empty Trash
         * @description Remove entries for good, with all that nothing else needs: those that are named, or all.
         */
        post: operations["empty_trash"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/trash/{entry}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Restore Entry
         * @description Bring back what one deletion took: the same bytes, ids and lineage.
         */
        post: operations["restore_entry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/variants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Variants
         * @description List the variants of the instrument: whether each is here, its size and its licence.
         */
        get: operations["list_variants"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/workers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Every Worker
         * @description Tell who does jobs: the processes of this server, and all others that work on this studio.
         */
        get: operations["list_workers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Adapter
         * @description LoRA weights to play with, written `DIR`, `DIR:SCALE`, `DIR:LOW-HIGH` or `DIR:SCALE:LOW-HIGH`.
         */
        Adapter: {
            /**
             * Folder
             * Format: path
             * @description Folder of the adapter.
             */
            folder: string;
            /**
             * Levels
             * @description Lowest and highest noise level at which it acts, 1 for the first steps and 0 for the end; not at the lowest itself.
             * @default [
             *       0,
             *       1
             *     ]
             */
            levels: [
                number,
                number
            ];
            /**
             * Scale
             * @description How strongly it acts; 1 is as trained.
             * @default 1
             */
            scale: number;
        };
        /**
         * AdapterSummary
         * @description What the files of a PEFT folder say of themselves, its tensors unread.
         */
        AdapterSummary: {
            /**
             * Card
             * @description Fields of the card in the metadata of the weights; empty where others wrote them.
             */
            card: {
                [key: string]: string;
            };
            /** Kind */
            kind: string;
            /** Rank */
            rank: number | null;
        };
        /**
         * AdapterUse
         * @description An adapter that was active.
         */
        AdapterUse: {
            /**
             * Levels
             * @description Lowest and highest noise level at which it acted.
             * @default [
             *       0,
             *       1
             *     ]
             */
            levels: [
                number,
                number
            ];
            /**
             * Name
             * @description How the user knows it.
             */
            name: string;
            /**
             * Revision
             * @description Content hash of its weights.
             */
            revision: string;
            /**
             * Scale
             * @default 1
             */
            scale: number;
        };
        /**
         * Asset
         * @description An uploaded sound.
         */
        Asset: {
            /**
             * Bytes
             * @description Size of its content.
             */
            bytes: number;
            /**
             * Channels
             * @description Channels as it came.
             */
            channels: number;
            /**
             * Created
             * Format: date-time
             * @description When it was first uploaded.
             */
            created: string;
            /**
             * Format
             * @description Container: `wav`, `mp3`, …
             */
            format: string;
            /**
             * Id
             * @description Hash of its content.
             */
            id: string;
            /**
             * Name
             * @description What its file was called where it came from: text to show, never a path.
             * @default
             */
            name: string;
            /**
             * Rate
             * @description Samples per second as it came.
             */
            rate: number;
            /**
             * Seconds
             * @description Length of its sound, decoded to the end.
             */
            seconds: number;
        };
        /**
         * Attempt
         * @description One attempt at a job, and its error where it failed.
         */
        Attempt: {
            /** Device */
            device: string;
            /** Ended */
            ended?: number | null;
            /**
             * Error
             * @description Kind of the error.
             */
            error?: string | null;
            /** Message */
            message?: string | null;
            /** Number */
            number: number;
            /** Remedy */
            remedy?: string | null;
            /**
             * Started
             * @description Seconds since 1970.
             */
            started: number;
            /**
             * State
             * @default running
             * @enum {string}
             */
            state: "running" | "succeeded" | "failed" | "lost" | "given back" | "cancelled";
            /** Worker */
            worker: string;
        };
        /**
         * BroughtBack
         * @description What was restored.
         */
        BroughtBack: {
            entry: components["schemas"]["TrashEntry"];
            /**
             * Lost Parents
             * @description Takes from which restored ones were made and that are gone for good.
             */
            lost_parents: string[];
        };
        /**
         * Budget
         * @description What a job may use at most, all its attempts together; None is no limit.
         */
        Budget: {
            /**
             * Bytes
             * @description Bytes of the takes that are stored.
             */
            bytes?: number | null;
            /**
             * Seconds
             * @description Seconds of work.
             */
            seconds?: number | null;
            /**
             * Takes
             * @description Takes that are stored.
             */
            takes?: number | null;
        };
        /**
         * Capabilities
         * @description What this server can do.
         */
        Capabilities: {
            limits: components["schemas"]["Limits"];
            /** Planners */
            planners: components["schemas"]["PlannerStatus"][];
            /**
             * Reads
             * @description Kinds of sound that can be uploaded.
             */
            reads: string[];
            /** Stems */
            stems: string[];
            /**
             * Tasks
             * @description Each task, and the variants that are here and make music of it.
             */
            tasks: {
                [key: string]: string[];
            };
            /** Variants */
            variants: components["schemas"]["Status"][];
            /** Version */
            version: string;
            /**
             * Writes
             * @description Formats that takes are exported in.
             */
            writes: string[];
        };
        /**
         * Caption
         * @description The caption of one track.
         */
        Caption: {
            /**
             * Bpm
             * @description Measured or stated; None was not sure.
             */
            bpm?: number | null;
            /**
             * Edited
             * @description What a hand has set.
             * @default []
             */
            edited: string[];
            /**
             * Flags
             * @default []
             */
            flags: components["schemas"]["Flag"][];
            /** Key */
            key?: string | null;
            /**
             * @default {
             *       "language": "unknown",
             *       "notes": [],
             *       "text": "[Instrumental]"
             *     }
             */
            lyrics: components["schemas"]["Lyrics"];
            /**
             * Made From
             * @description Key of the sound, the texts and the taggers it was made from.
             * @default
             */
            made_from: string;
            /**
             * Measured
             * @description What was measured of a fact (`bpm`, `key`) of which somebody states another.
             */
            measured?: {
                [key: string]: string;
            };
            /** Meter */
            meter?: number | null;
            /**
             * Own Text
             * @description A caption that someone wrote as a whole; it is used as it is.
             */
            own_text?: string | null;
            /**
             * Second Style
             * @description Id of the next likely preset, where the style is not sure.
             */
            second_style?: string | null;
            /**
             * Style
             * @description Id of the preset it belongs to.
             * @default CORE-01
             */
            style: string;
            /**
             * Tagger
             * @description Who wrote it.
             * @default
             */
            tagger: string;
            /**
             * Tags
             * @description Group to its tags; `tempo` is not among them.
             */
            tags?: {
                [key: string]: string[];
            };
        };
        /**
         * CaptionChanges
         * @description Parts of a caption, as a person writes them: tags separated by commas.
         */
        CaptionChanges: {
            /** Atmosphere */
            atmosphere?: string | null;
            /** Bpm */
            bpm?: string | null;
            /** Genre */
            genre?: string | null;
            /** Instruments */
            instruments?: string | null;
            /** Key */
            key?: string | null;
            /** Language */
            language?: string | null;
            /** Lyrics */
            lyrics?: string | null;
            /** Meter */
            meter?: string | null;
            /** Mood */
            mood?: string | null;
            /** Production */
            production?: string | null;
            /** Style */
            style?: string | null;
            /**
             * Text
             * @description The whole caption in the person's own words.
             */
            text?: string | null;
            /** Vocal Type */
            vocal_type?: string | null;
        };
        /**
         * CaptionOfTrack
         * @description How a track is described.
         */
        CaptionOfTrack: {
            caption: components["schemas"]["Caption"];
            /**
             * Look At
             * @description What a person should look at, with both values where a statement and a measurement disagree; empty where nothing.
             */
            look_at: string;
            /**
             * Text
             * @description What is learned: the caption as one text.
             */
            text: string;
            /** Track */
            track: string;
        };
        /**
         * CaptionReading
         * @description What a caption would be understood as.
         */
        CaptionReading: {
            /** Bpm */
            bpm: number | null;
            /** Key */
            key: string | null;
            /**
             * Meter
             * @description Beats per bar.
             */
            meter: number | null;
            /** Seconds */
            seconds: number | null;
            style: components["schemas"]["HeardStyle"] | null;
            /**
             * Unknown
             * @description Words that the instrument does not know and plays without.
             */
            unknown: string[];
            /**
             * Unsung
             * @description What asks an instrument that cannot sing to sing.
             */
            unsung: string[];
            /**
             * Unused
             * @description Facts that are stated and cannot be used, each with its reason.
             */
            unused: string[];
            /** Words */
            words: components["schemas"]["Word"][];
        };
        /**
         * CaptionToRead
         * @description Which words, and who would play them.
         */
        CaptionToRead: {
            /**
             * Caption
             * @description What should sound.
             * @default
             */
            caption: string;
            /**
             * Lyrics
             * @description What should be sung.
             * @default
             */
            lyrics: string;
            /**
             * Variant
             * @description The instrument that would play.
             * @default nano
             */
            variant: string;
        };
        /**
         * Complete
         * @description Arrange the source: play the missing stems together with it.
         */
        Complete: {
            /**
             * @description The kind of stage. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            kind: "complete";
            /**
             * @default {
             *       "adapters": [],
             *       "batch": 1,
             *       "variant": "nano"
             *     }
             */
            play: components["schemas"]["Play"];
            /**
             * @description What should sound; what is absent is taken over from the source take.
             * @default {
             *       "caption": "",
             *       "language": "unknown",
             *       "lyrics": ""
             *     }
             */
            prompt: components["schemas"]["Prompt"];
            /**
             * Reference
             * @description A sound file whose timbre to take; may be repeated, each is heard for itself.
             * @default []
             */
            reference: string[];
            /**
             * @description How takes are sampled, beside steps, guidance and shift.
             * @default {
             *       "dcw_high_scale": 0.02,
             *       "dcw_scale": 0.05,
             *       "dcw_wavelet": "haar",
             *       "guidance_interval": [
             *         0,
             *         1
             *       ],
             *       "guidance_mode": "apg",
             *       "latent_rescale": 1,
             *       "latent_shift": 0,
             *       "retake_variance": 0,
             *       "sampler": "euler",
             *       "velocity_clamp": 0,
             *       "velocity_ema": 0
             *     }
             */
            sampling: components["schemas"]["SamplingOptions"];
            /**
             * Source
             * @description A take (its id or the start of it) or a sound file.
             */
            source: string;
            /**
             * Source Hash
             * @description Name of the source's content as a blob; a source with other content is refused.
             */
            source_hash?: string | null;
            /**
             * Stems
             * @description A stem to add; may be repeated. Without any, the instrument chooses.
             * @default []
             */
            stems: ("woodwinds" | "brass" | "fx" | "synth" | "strings" | "percussion" | "keyboard" | "guitar" | "bass" | "drums" | "backing_vocals" | "vocals")[];
        };
        /**
         * Cover
         * @description Play the source's music in another style.
         */
        Cover: {
            /**
             * Codes
             * @description Audio codes to follow instead of the source's own, as many as those; on the command line a file: <|audio_code_7|>.
             * @default
             */
            codes: string;
            /**
             * Follow
             * @description What is followed: the source's codes, its melody and rhythm without its sound, or its latents as they are (cover-nofsq).
             * @default codes
             * @enum {string}
             */
            follow: "codes" | "latents";
            /**
             * @description The kind of stage. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            kind: "cover";
            /**
             * Noise Strength
             * @description How much of the source itself the cover begins from: 0 is noise alone, 1 nearly the source; it begins at t = 1 - this.
             * @default 0
             */
            noise_strength: number;
            /**
             * @default {
             *       "adapters": [],
             *       "batch": 1,
             *       "variant": "nano"
             *     }
             */
            play: components["schemas"]["Play"];
            /**
             * @description What should sound; what is absent is taken over from the source take.
             * @default {
             *       "caption": "",
             *       "language": "unknown",
             *       "lyrics": ""
             *     }
             */
            prompt: components["schemas"]["Prompt"];
            /**
             * Reference
             * @description A sound file whose timbre to take; may be repeated, each is heard for itself.
             * @default []
             */
            reference: string[];
            /**
             * @description How takes are sampled, beside steps, guidance and shift.
             * @default {
             *       "dcw_high_scale": 0.02,
             *       "dcw_scale": 0.05,
             *       "dcw_wavelet": "haar",
             *       "guidance_interval": [
             *         0,
             *         1
             *       ],
             *       "guidance_mode": "apg",
             *       "latent_rescale": 1,
             *       "latent_shift": 0,
             *       "retake_variance": 0,
             *       "sampler": "euler",
             *       "velocity_clamp": 0,
             *       "velocity_ema": 0
             *     }
             */
            sampling: components["schemas"]["SamplingOptions"];
            /**
             * Source
             * @description A take (its id or the start of it) or a sound file.
             */
            source: string;
            /**
             * Source Hash
             * @description Name of the source's content as a blob; a source with other content is refused.
             */
            source_hash?: string | null;
            /**
             * Strength
             * @description Share of the steps that follow the source's melody and form.
             * @default 1
             */
            strength: number;
        };
        /**
         * CrewFacts
         * @description The worker processes of this server.
         */
        CrewFacts: {
            /**
             * Deaths
             * @description How often one died since the server started.
             */
            deaths: number;
            /**
             * Given Up
             * @description What the workers said last that died too often, and that are not started again.
             * @default []
             */
            given_up: string[];
            /** Running */
            running: number;
            /** Wanted */
            wanted: number;
        };
        /**
         * CurvePoints
         * @description Values by step, thinned out where there are very many.
         */
        CurvePoints: {
            /** Steps */
            steps: number[];
            /** Values */
            values: number[];
        };
        /**
         * DatasetPlan
         * @description What goes into a training set.
         */
        DatasetPlan: {
            /**
             * Allow Restricted
             * @description Take tracks whose licence forbids commercial use or derivatives too.
             * @default false
             */
            allow_restricted: boolean;
            /**
             * Allow Unlicensed
             * @description Take tracks without a licence too.
             * @default false
             */
            allow_unlicensed: boolean;
            /**
             * Drop Duplicates
             * @description Leave out all but the best of tracks that are one recording.
             * @default true
             */
            drop_duplicates: boolean;
            /**
             * Least Quality
             * @description Least quality score.
             * @default 0
             */
            least_quality: number;
            /**
             * Producer
             * @description Whose tracks; everybody's when absent.
             */
            producer?: string | null;
            /**
             * @default {
             *       "seed": 0,
             *       "share": 0.1
             *     }
             */
            split: components["schemas"]["SplitPlan"];
        };
        /**
         * Deleted
         * @description Takes that were moved to the trash.
         */
        Deleted: {
            /** @description How to bring them back: restore its id. */
            entry: components["schemas"]["TrashEntry"];
            /** Takes */
            takes: string[];
        };
        /**
         * Disk
         * @description What the studio takes on the disk, in bytes.
         */
        Disk: {
            /** Assets Bytes */
            assets_bytes: number;
            /** Free */
            free: number;
            /** Models Bytes */
            models_bytes: number;
            /**
             * Sounds Bytes
             * @description Contents of takes and tracks.
             */
            sounds_bytes: number;
            /**
             * Takes
             * @description How many there are.
             */
            takes: number;
            /** Tracks */
            tracks: number;
            /** Trash Bytes */
            trash_bytes: number;
            /**
             * Trashed
             * @description Entries of the trash.
             */
            trashed: number;
        };
        /**
         * EmptyTrashPlan
         * @description Which entries are removed for good.
         */
        EmptyTrashPlan: {
            /**
             * Entries
             * @description Ids of entries, their beginnings, or the names of what lies in them; all when absent.
             * @default []
             */
            entries: string[];
            /**
             * Older Than
             * @description Only what was deleted so many days ago or earlier.
             */
            older_than?: number | null;
        };
        /**
         * Examination
         * @description What the doctor found.
         */
        Examination: {
            /** Findings */
            findings: components["schemas"]["Finding"][];
            /** Healthy */
            healthy: boolean;
        };
        /**
         * Extract
         * @description Take one stem out of the mix.
         */
        Extract: {
            /**
             * Anyway
             * @description Extract even what is not heard in the source, and keep a stem that is next to nothing.
             * @default false
             */
            anyway: boolean;
            /**
             * @description The kind of stage. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            kind: "extract";
            /**
             * @default {
             *       "adapters": [],
             *       "batch": 1,
             *       "variant": "nano"
             *     }
             */
            play: components["schemas"]["Play"];
            /**
             * @description What should sound; what is absent is taken over from the source take.
             * @default {
             *       "caption": "",
             *       "language": "unknown",
             *       "lyrics": ""
             *     }
             */
            prompt: components["schemas"]["Prompt"];
            /**
             * Reference
             * @description A sound file whose timbre to take; may be repeated, each is heard for itself.
             * @default []
             */
            reference: string[];
            /**
             * @description How takes are sampled, beside steps, guidance and shift.
             * @default {
             *       "dcw_high_scale": 0.02,
             *       "dcw_scale": 0.05,
             *       "dcw_wavelet": "haar",
             *       "guidance_interval": [
             *         0,
             *         1
             *       ],
             *       "guidance_mode": "apg",
             *       "latent_rescale": 1,
             *       "latent_shift": 0,
             *       "retake_variance": 0,
             *       "sampler": "euler",
             *       "velocity_clamp": 0,
             *       "velocity_ema": 0
             *     }
             */
            sampling: components["schemas"]["SamplingOptions"];
            /**
             * Source
             * @description A take (its id or the start of it) or a sound file.
             */
            source: string;
            /**
             * Source Hash
             * @description Name of the source's content as a blob; a source with other content is refused.
             */
            source_hash?: string | null;
            /**
             * Stem
             * @description The stem: drums, bass, keyboard, guitar, synth, strings, woodwinds, brass, percussion, fx, vocals or backing_vocals.
             * @enum {string}
             */
            stem: "woodwinds" | "brass" | "fx" | "synth" | "strings" | "percussion" | "keyboard" | "guitar" | "bass" | "drums" | "backing_vocals" | "vocals";
        };
        /**
         * Failure
         * @description Why a job failed, and the one thing to do.
         */
        Failure: {
            /**
             * Error
             * @description Kind of the error.
             */
            error: string;
            /** Message */
            message: string;
            /** Remedy */
            remedy: string;
        };
        /**
         * Fault
         * @description One thing that is wrong with what was sent.
         */
        Fault: {
            /** Detail */
            detail: string;
            /**
             * Pointer
             * @description JSON pointer (RFC 6901) into the body, or `?name` of the address; empty is the whole.
             */
            pointer: string;
        };
        /**
         * Finding
         * @description One thing looked at.
         */
        Finding: {
            /** Detail */
            detail: string;
            /**
             * Remedy
             * @default
             */
            remedy: string;
            /**
             * State
             * @enum {string}
             */
            state: "ok" | "absent" | "trouble";
            /** What */
            what: string;
        };
        /**
         * Flag
         * @description Why a person should look at a caption.
         * @enum {string}
         */
        Flag: "no_clear_style" | "unsure_style" | "unsure_tempo" | "unsure_key" | "tempo_disagrees" | "key_disagrees" | "tempo_not_measured" | "key_not_measured" | "unsure_voice";
        /**
         * Generate
         * @description Make music from words.
         */
        Generate: {
            /**
             * Codes
             * @description Audio codes to play, five a second, and the take lasts as long; on the command line a file of them: <|audio_code_7|>.
             * @default
             */
            codes: string;
            /**
             * Guide
             * @description Perform a sketch by the house band in the asked tempo, key and meter; auto: on nano where the caption is clear of style.
             * @default auto
             * @enum {string}
             */
            guide: "none" | "band" | "auto";
            /**
             * Guide Strength
             * @description How closely takes follow the guide, 0 (not at all) to 0.99 (the sketch itself); denoising starts at t = 1 - strength.
             * @default 0.2
             */
            guide_strength: number;
            /**
             * @description The kind of stage. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            kind: "generate";
            /**
             * @default {
             *       "adapters": [],
             *       "batch": 1,
             *       "variant": "nano"
             *     }
             */
            play: components["schemas"]["Play"];
            prompt: components["schemas"]["Prompt"];
            /**
             * Raw
             * @description Leave the end as it was played; else a take that stops in mid-phrase fades out.
             * @default false
             */
            raw: boolean;
            /**
             * Reference
             * @description A sound file whose timbre to take; may be repeated, each is heard for itself.
             * @default []
             */
            reference: string[];
            /**
             * @description How takes are sampled, beside steps, guidance and shift.
             * @default {
             *       "dcw_high_scale": 0.02,
             *       "dcw_scale": 0.05,
             *       "dcw_wavelet": "haar",
             *       "guidance_interval": [
             *         0,
             *         1
             *       ],
             *       "guidance_mode": "apg",
             *       "latent_rescale": 1,
             *       "latent_shift": 0,
             *       "retake_variance": 0,
             *       "sampler": "euler",
             *       "velocity_clamp": 0,
             *       "velocity_ema": 0
             *     }
             */
            sampling: components["schemas"]["SamplingOptions"];
            /**
             * Seconds
             * @description Length of each take in seconds, 1 to 600.
             * @default 30
             */
            seconds: number;
            /**
             * @description The song as it is written, bar by bar.
             * @default {
             *       "chords": "",
             *       "form": ""
             *     }
             */
            song: components["schemas"]["Song"];
        };
        /**
         * Health
         * @description That the server answers.
         */
        Health: {
            /**
             * Status
             * @default ok
             */
            status: string;
        };
        /**
         * HeardStyle
         * @description The band's style that speaks for the caption.
         */
        HeardStyle: {
            /**
             * Clear
             * @description Whether the caption says so; else it is the nearest.
             */
            clear: boolean;
            /** Id */
            id: string;
            /** Name */
            name: string;
            /**
             * Tempo
             * @description Beats per minute from which one is drawn where the caption states none.
             */
            tempo: [
                number,
                number
            ];
        };
        /**
         * Hearing
         * @description What became of the words that a take was asked for by.
         */
        Hearing: {
            /**
             * Drawn
             * @description Those of `bpm`, `key` and `meter` that nobody stated, drawn from the style by seed and words.
             * @default []
             */
            drawn: string[];
            /**
             * Style
             * @description Id of the band's style that the caption was matched to.
             */
            style?: string | null;
            /**
             * Taken For
             * @description Words of the caption that the instrument took for others that it knows.
             */
            taken_for?: {
                [key: string]: string;
            };
            /**
             * Unknown
             * @description Words of the caption that the instrument does not know.
             * @default []
             */
            unknown: string[];
            /**
             * Unsung
             * @description What asked an instrument that cannot sing to sing: words of the caption, and `lyrics`.
             * @default []
             */
            unsung: string[];
        };
        /**
         * InstalledTwin
         * @description A twin of the studio.
         */
        InstalledTwin: {
            /** Producer */
            producer: string;
            /** Size */
            size: number;
            /** Slug */
            slug: string;
        };
        /**
         * JobAsked
         * @description What is asked of a new job.
         */
        JobAsked: {
            /**
             * Attempts
             * @description Attempts after which a job that fails is given up.
             * @default 3
             */
            attempts: number;
            /**
             * @description What it may use.
             * @default {}
             */
            budget: components["schemas"]["Budget"];
            /**
             * Kind
             * @description Which work: see `/v1/jobs/kinds`.
             */
            kind: string;
            /**
             * Plan
             * @description The record of that kind, with ids in the place of files.
             */
            plan: {
                [key: string]: components["schemas"]["JsonValue"];
            };
            /**
             * Priority
             * @description Place in the queue: 1 goes first.
             * @default 10
             */
            priority: number;
        };
        /**
         * JobFacts
         * @description A job as it stands.
         */
        JobFacts: {
            /** Attempts */
            attempts: components["schemas"]["Attempt"][];
            budget: components["schemas"]["Budget"];
            /**
             * Created
             * @description Seconds since 1970.
             */
            created: number;
            /** @description Why it failed. */
            error: components["schemas"]["Failure"] | null;
            /** Id */
            id: string;
            /** Kind */
            kind: string;
            /**
             * Plan
             * @description What will be done: what was asked for, with every seed drawn.
             */
            plan: {
                [key: string]: components["schemas"]["JsonValue"];
            };
            /** Priority */
            priority: number;
            /** @description Absent before it told anything. */
            progress: components["schemas"]["Reached"] | null;
            /**
             * Queue
             * @enum {string}
             */
            queue: "gpu" | "cpu";
            /**
             * Seconds Left
             * @description All of it, by what such work took before on the same device; absent where nothing is known.
             */
            seconds_left: number | null;
            /**
             * State
             * @enum {string}
             */
            state: "queued" | "running" | "waiting" | "stopping" | "succeeded" | "failed" | "cancelled";
            /**
             * Takes
             * @description Ids of the takes that it made; more appear while it runs, see the event `take`.
             */
            takes: string[];
            /**
             * Text
             * @description What it made, in a line.
             */
            text: string;
            /**
             * Things
             * @description Runs, proofs and training sets that it made.
             */
            things: components["schemas"]["Thing"][];
            /**
             * Waiting
             * @description What it waits for while it runs: room on the disk.
             */
            waiting: string | null;
        };
        /**
         * JobKind
         * @description A kind of work, and what is asked of it.
         */
        JobKind: {
            /** About */
            about: string;
            /** Kind */
            kind: string;
            /**
             * Plan
             * @description JSON Schema of the plan. Fields that name files take the ids of assets, and folders are lists of them, `assets`.
             */
            plan: {
                [key: string]: components["schemas"]["JsonValue"];
            };
            /**
             * Queue
             * @enum {string}
             */
            queue: "gpu" | "cpu";
        };
        JsonValue: unknown;
        /**
         * Kind
         * @description What can lie in the trash.
         * @enum {string}
         */
        Kind: "takes" | "run" | "training set" | "listening test" | "twin";
        /**
         * LabelChanges
         * @description What is to be said of a take from now on; what is absent stays as it is.
         */
        LabelChanges: {
            /** Folder */
            folder?: string | null;
            /** Liked */
            liked?: boolean | null;
            /**
             * Rating
             * @description Stars; 0 takes them away.
             */
            rating?: number | null;
            /** Remark */
            remark?: string | null;
            /** Tags */
            tags?: string[] | null;
            /** Title */
            title?: string | null;
        };
        /**
         * LabelCounts
         * @description What takes are sorted by.
         */
        LabelCounts: {
            /**
             * Folders
             * @description Every folder, and how many takes are in it.
             */
            folders: {
                [key: string]: number;
            };
            /** Tags */
            tags: {
                [key: string]: number;
            };
        };
        /**
         * Labels
         * @description What people say of a take.
         */
        Labels: {
            /**
             * Folder
             * @description Where it belongs, such as `EP/sketches`: a name to sort by, no place on the disk.
             * @default
             */
            folder: string;
            /**
             * Liked
             * @default false
             */
            liked: boolean;
            /**
             * Rating
             * @description Stars.
             */
            rating?: number | null;
            /**
             * Remark
             * @default
             */
            remark: string;
            /**
             * Tags
             * @default []
             */
            tags: string[];
            /**
             * Title
             * @description What it is called.
             * @default
             */
            title: string;
        };
        /**
         * Lego
         * @description Play one more stem to the source. The result is that stem alone.
         */
        Lego: {
            /**
             * @description The kind of stage. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            kind: "lego";
            /**
             * @default {
             *       "adapters": [],
             *       "batch": 1,
             *       "variant": "nano"
             *     }
             */
            play: components["schemas"]["Play"];
            /**
             * @description What should sound; what is absent is taken over from the source take.
             * @default {
             *       "caption": "",
             *       "language": "unknown",
             *       "lyrics": ""
             *     }
             */
            prompt: components["schemas"]["Prompt"];
            /**
             * Reference
             * @description A sound file whose timbre to take; may be repeated, each is heard for itself.
             * @default []
             */
            reference: string[];
            /**
             * Regions
             * @description Where it is to play, written START-END, or START- to the end; may be repeated, and is everywhere when absent.
             * @default []
             */
            regions: components["schemas"]["Region"][];
            /**
             * @description How takes are sampled, beside steps, guidance and shift.
             * @default {
             *       "dcw_high_scale": 0.02,
             *       "dcw_scale": 0.05,
             *       "dcw_wavelet": "haar",
             *       "guidance_interval": [
             *         0,
             *         1
             *       ],
             *       "guidance_mode": "apg",
             *       "latent_rescale": 1,
             *       "latent_shift": 0,
             *       "retake_variance": 0,
             *       "sampler": "euler",
             *       "velocity_clamp": 0,
             *       "velocity_ema": 0
             *     }
             */
            sampling: components["schemas"]["SamplingOptions"];
            /**
             * Source
             * @description A take (its id or the start of it) or a sound file.
             */
            source: string;
            /**
             * Source Hash
             * @description Name of the source's content as a blob; a source with other content is refused.
             */
            source_hash?: string | null;
            /**
             * Stem
             * @description The stem: drums, bass, keyboard, guitar, synth, strings, woodwinds, brass, percussion, fx, vocals or backing_vocals.
             * @enum {string}
             */
            stem: "woodwinds" | "brass" | "fx" | "synth" | "strings" | "percussion" | "keyboard" | "guitar" | "bass" | "drums" | "backing_vocals" | "vocals";
            /**
             * Unit
             * @description What regions are counted in: seconds, or bars from 1; 5-9 is from the beginning of bar 5 to that of bar 9.
             * @default seconds
             * @enum {string}
             */
            unit: "seconds" | "bars";
        };
        /**
         * LicenceSaid
         * @description Under which licence a track may be used.
         */
        LicenceSaid: {
            /**
             * Licence
             * @description An SPDX name, or LicenseRef-own for your own music.
             */
            licence: string;
        };
        /**
         * Limits
         * @description What is taken at most.
         */
        Limits: {
            /**
             * Assets Bytes
             * @description All assets together.
             */
            assets_bytes: number;
            /**
             * Page
             * @description Things on a page of a list.
             */
            page: number;
            /**
             * Take Seconds
             * @description Shortest and longest take.
             */
            take_seconds: [
                number,
                number
            ];
            /** Upload Bytes */
            upload_bytes: number;
            /** Upload Seconds */
            upload_seconds: number;
        };
        /**
         * Lineage
         * @description What a take was made from, and what was made from it.
         */
        Lineage: {
            /**
             * Cut
             * @description Whether there are more than are told.
             * @default false
             */
            cut: boolean;
            /**
             * Missing
             * @description Ids of ancestors that are gone.
             * @default []
             */
            missing: string[];
            /** Take */
            take: string;
            /**
             * Takes
             * @description The take and all its relatives, ancestors first; each names its parents.
             */
            takes: components["schemas"]["Take"][];
        };
        /**
         * Link
         * @description A way in for one browser, once and within an hour.
         */
        Link: {
            /**
             * Path
             * @description What follows the address of the server.
             */
            path: string;
        };
        /**
         * Lyrics
         * @description The words of a track.
         */
        Lyrics: {
            /**
             * Language
             * @description A code of `music.LANGUAGES`, or `unknown`.
             * @default unknown
             */
            language: string;
            /**
             * Notes
             * @description What was changed on the way.
             * @default []
             */
            notes: string[];
            /**
             * Text
             * @description `[Instrumental]`, or sections and lines.
             */
            text: string;
        };
        /**
         * Making
         * @description On what a take was made, and how long that took; another machine makes other bytes of the same record.
         */
        Making: {
            /**
             * Device
             * @description What computed: `cpu`, or the name of the accelerator.
             */
            device: string;
            /**
             * Seconds
             * @description Seconds of each part of the work, a pass of several takes shared evenly: `prepare`, `denoise`, `decode`, `finish`.
             */
            seconds?: {
                [key: string]: number;
            };
            /**
             * Threads
             * @description Threads of the CPU that computed.
             */
            threads: number;
            /**
             * Versions
             * @description Of Producer Twin and of the libraries that decide the bytes.
             */
            versions?: {
                [key: string]: string;
            };
        };
        /**
         * Manifest
         * @description A training set, frozen.
         */
        Manifest: {
            plan: components["schemas"]["DatasetPlan"];
            /**
             * Rows
             * @description In the order of their tracks' ids.
             */
            rows: components["schemas"]["Row"][];
        };
        /**
         * Manner
         * @description How a job is cancelled.
         */
        Manner: {
            /**
             * Kill
             * @description Kill its worker too, if that is on the server's machine: for work that does not react.
             * @default false
             */
            kill: boolean;
        };
        /**
         * Mix
         * @description Sum sounds into one, as waveforms; it is turned down where it would go above -1 dB true peak.
         */
        Mix: {
            /**
             * Inputs
             * @description The sounds, two or more.
             */
            inputs: components["schemas"]["MixInput"][];
            /**
             * @description The kind of stage. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            kind: "mix";
            /**
             * @description What sounds; what is absent is taken over from the first source that is a take.
             * @default {
             *       "caption": "",
             *       "language": "unknown",
             *       "lyrics": ""
             *     }
             */
            prompt: components["schemas"]["Prompt"];
        };
        /**
         * MixInput
         * @description One sound of a mix, and how it is set.
         */
        MixInput: {
            /**
             * Gain
             * @description Gain in dB.
             * @default 0
             */
            gain: number;
            /**
             * Mute
             * @description Leave it out, as if it were not in the list.
             * @default false
             */
            mute: boolean;
            /**
             * Offset
             * @description Second of the mix at which it begins.
             * @default 0
             */
            offset: number;
            /**
             * Pan
             * @description Balance: -1 is left only, 0 both sides as they are, 1 right only.
             * @default 0
             */
            pan: number;
            /**
             * Source
             * @description A stage as @ID, a take (its id or the start of it) or a sound file.
             */
            source: string;
            /**
             * Source Hash
             * @description Name of the source's content as a blob; a source with other content is refused.
             */
            source_hash?: string | null;
        };
        /**
         * Morph
         * @description Make the source what the caption says, and change nothing else (flow-edit).
         */
        Morph: {
            /**
             * Begin
             * @description Share of the steps that are left out; the more, the nearer it stays to the source.
             * @default 0
             */
            begin: number;
            /**
             * Draws
             * @description Noises over which each step is averaged: slower and steadier.
             * @default 1
             */
            draws: number;
            /**
             * Follow
             * @description What both descriptions are played over: silence, the source's codes, or its latents.
             * @default words
             * @enum {string}
             */
            follow: "words" | "codes" | "latents";
            /**
             * @description The kind of stage. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            kind: "morph";
            /**
             * @default {
             *       "adapters": [],
             *       "batch": 1,
             *       "variant": "nano"
             *     }
             */
            play: components["schemas"]["Play"];
            /**
             * @description What should sound; what is absent is taken over from the source take.
             * @default {
             *       "caption": "",
             *       "language": "unknown",
             *       "lyrics": ""
             *     }
             */
            prompt: components["schemas"]["Prompt"];
            /**
             * Reference
             * @description A sound file whose timbre to take; may be repeated, each is heard for itself.
             * @default []
             */
            reference: string[];
            /**
             * @description How takes are sampled, beside steps, guidance and shift.
             * @default {
             *       "dcw_high_scale": 0.02,
             *       "dcw_scale": 0.05,
             *       "dcw_wavelet": "haar",
             *       "guidance_interval": [
             *         0,
             *         1
             *       ],
             *       "guidance_mode": "apg",
             *       "latent_rescale": 1,
             *       "latent_shift": 0,
             *       "retake_variance": 0,
             *       "sampler": "euler",
             *       "velocity_clamp": 0,
             *       "velocity_ema": 0
             *     }
             */
            sampling: components["schemas"]["SamplingOptions"];
            /**
             * Source
             * @description A take (its id or the start of it) or a sound file.
             */
            source: string;
            /**
             * Source Caption
             * @description What the source is; the caption of the source take when absent.
             * @default
             */
            source_caption: string;
            /**
             * Source Hash
             * @description Name of the source's content as a blob; a source with other content is refused.
             */
            source_hash?: string | null;
            /**
             * Source Lyrics
             * @description What is sung in the source; the lyrics of the source take when absent.
             * @default
             */
            source_lyrics: string;
            /**
             * Until
             * @description Share of the steps after which the caption alone counts.
             * @default 1
             */
            until: number;
        };
        /**
         * NamedStage
         * @description A stage and its name in the pipeline.
         */
        NamedStage: {
            /**
             * Audio
             * @description Keep the sound of its takes too where later stages take latents; those then follow its loudness and its end.
             * @default false
             */
            audio: boolean;
            /**
             * Id
             * @description Small letters, digits, - and _.
             */
            id: string;
            /**
             * Stage
             * @description What is done.
             */
            stage: components["schemas"]["Generate"] | components["schemas"]["Refine"] | components["schemas"]["Cover"] | components["schemas"]["Repaint"] | components["schemas"]["Morph"] | components["schemas"]["Extract"] | components["schemas"]["Lego"] | components["schemas"]["Complete"] | components["schemas"]["Mix"] | components["schemas"]["Select"];
        };
        /** Page[Asset] */
        Page_Asset_: {
            /**
             * Damaged
             * @default []
             */
            damaged: string[];
            /** Items */
            items: components["schemas"]["Asset"][];
            /** Next */
            next?: string | null;
        };
        /** Page[JobFacts] */
        Page_JobFacts_: {
            /**
             * Damaged
             * @default []
             */
            damaged: string[];
            /** Items */
            items: components["schemas"]["JobFacts"][];
            /** Next */
            next?: string | null;
        };
        /** Page[JobKind] */
        Page_JobKind_: {
            /**
             * Damaged
             * @default []
             */
            damaged: string[];
            /** Items */
            items: components["schemas"]["JobKind"][];
            /** Next */
            next?: string | null;
        };
        /** Page[PipelineInfo] */
        Page_PipelineInfo_: {
            /**
             * Damaged
             * @default []
             */
            damaged: string[];
            /** Items */
            items: components["schemas"]["PipelineInfo"][];
            /** Next */
            next?: string | null;
        };
        /** Page[PlannerStatus] */
        Page_PlannerStatus_: {
            /**
             * Damaged
             * @default []
             */
            damaged: string[];
            /** Items */
            items: components["schemas"]["PlannerStatus"][];
            /** Next */
            next?: string | null;
        };
        /** Page[ProducerFacts] */
        Page_ProducerFacts_: {
            /**
             * Damaged
             * @default []
             */
            damaged: string[];
            /** Items */
            items: components["schemas"]["ProducerFacts"][];
            /** Next */
            next?: string | null;
        };
        /** Page[ProofFacts] */
        Page_ProofFacts_: {
            /**
             * Damaged
             * @default []
             */
            damaged: string[];
            /** Items */
            items: components["schemas"]["ProofFacts"][];
            /** Next */
            next?: string | null;
        };
        /** Page[RunSummary] */
        Page_RunSummary_: {
            /**
             * Damaged
             * @default []
             */
            damaged: string[];
            /** Items */
            items: components["schemas"]["RunSummary"][];
            /** Next */
            next?: string | null;
        };
        /** Page[SettingFacts] */
        Page_SettingFacts_: {
            /**
             * Damaged
             * @default []
             */
            damaged: string[];
            /** Items */
            items: components["schemas"]["SettingFacts"][];
            /** Next */
            next?: string | null;
        };
        /** Page[Status] */
        Page_Status_: {
            /**
             * Damaged
             * @default []
             */
            damaged: string[];
            /** Items */
            items: components["schemas"]["Status"][];
            /** Next */
            next?: string | null;
        };
        /** Page[StoredDataset] */
        Page_StoredDataset_: {
            /**
             * Damaged
             * @default []
             */
            damaged: string[];
            /** Items */
            items: components["schemas"]["StoredDataset"][];
            /** Next */
            next?: string | null;
        };
        /** Page[StyleFacts] */
        Page_StyleFacts_: {
            /**
             * Damaged
             * @default []
             */
            damaged: string[];
            /** Items */
            items: components["schemas"]["StyleFacts"][];
            /** Next */
            next?: string | null;
        };
        /** Page[Track] */
        Page_Track_: {
            /**
             * Damaged
             * @default []
             */
            damaged: string[];
            /** Items */
            items: components["schemas"]["Track"][];
            /** Next */
            next?: string | null;
        };
        /** Page[TrashEntry] */
        Page_TrashEntry_: {
            /**
             * Damaged
             * @default []
             */
            damaged: string[];
            /** Items */
            items: components["schemas"]["TrashEntry"][];
            /** Next */
            next?: string | null;
        };
        /**
         * Part
         * @description A file or folder that was deleted.
         */
        Part: {
            /**
             * Name
             * @description What it is called in the entry's folder.
             */
            name: string;
            /**
             * Place
             * @description Where it belongs, from the studio's folder on.
             */
            place: string;
        };
        /**
         * Peaks
         * @description Which peaks there are of a sound.
         */
        Peaks: {
            /** Levels */
            levels: components["schemas"]["PeaksLevel"][];
            /**
             * Rate
             * @description Samples a second.
             */
            rate: number;
            /**
             * Seconds
             * @description Length of the sound.
             */
            seconds: number;
        };
        /**
         * PeaksLevel
         * @description Peaks at one resolution.
         */
        PeaksLevel: {
            /**
             * Name
             * @description `fine`, `middle` or `coarse`.
             */
            name: string;
            /**
             * Peaks
             * @description How many there are; each is three signed bytes: lowest, highest, RMS, where 127 is full scale.
             */
            peaks: number;
            /**
             * Samples
             * @description Samples that a peak stands for.
             */
            samples: number;
        };
        /**
         * Pipeline
         * @description Stages in a row. `read_pipeline` makes one of a file's tables.
         */
        Pipeline: {
            /**
             * About
             * @description When to use it.
             * @default
             */
            about: string;
            /**
             * Seed
             * @description From which the seeds of stages come that have none; drawn when absent.
             */
            seed?: number | null;
            /**
             * Stages
             * @description The stages, in the order in which they are played; the last one's takes are the result.
             */
            stages: components["schemas"]["NamedStage"][];
            /**
             * Title
             * @description What it is called.
             * @default
             */
            title: string;
        };
        /**
         * PipelineInfo
         * @description A pipeline that can be run.
         */
        PipelineInfo: {
            /** About */
            about: string;
            /** Name */
            name: string;
            /** Needs Source */
            needs_source: boolean;
            /** Stages */
            stages: string[];
            /** Title */
            title: string;
        };
        /**
         * PipelineText
         * @description A pipeline as it is written.
         */
        PipelineText: {
            /** Name */
            name: string;
            /**
             * Own
             * @description Whether it is the studio's own and no preset.
             */
            own: boolean;
            /** Tables */
            tables: {
                [key: string]: components["schemas"]["JsonValue"];
            };
            /**
             * Toml
             * @description The same as a file for `twin pipeline run`.
             */
            toml: string;
        };
        /**
         * Place
         * @description A place in the queue.
         */
        Place: {
            /**
             * Priority
             * @description 1 goes first.
             */
            priority: number;
        };
        /**
         * PlannerStatus
         * @description Whether a planner is here.
         */
        PlannerStatus: {
            /**
             * About
             * @description One line.
             */
            about: string;
            /**
             * Licence
             * @description Licence of the weights.
             */
            licence: string;
            /**
             * Name
             * @description The planner.
             */
            name: string;
            /**
             * Present
             * @description Whether all its files are here.
             */
            present: boolean;
            /**
             * Remedy
             * @description How to get it; empty when it is here.
             */
            remedy: string;
            /**
             * Size
             * @description Bytes on disk, or to download.
             */
            size: number;
        };
        /**
         * Play
         * @description Who plays, and how.
         */
        Play: {
            /**
             * Adapters
             * @description Adapter to play with, as DIR, DIR:SCALE or DIR:SCALE:LOW-HIGH, between two noise levels; may be repeated.
             * @default []
             */
            adapters: components["schemas"]["Adapter"][];
            /**
             * Batch
             * @description How many takes to make, with consecutive seeds.
             * @default 1
             */
            batch: number;
            /**
             * Guidance
             * @description Weight of the prompt (classifier-free guidance), 1 is none; the variant's own when absent.
             */
            guidance?: number | null;
            /**
             * Seed
             * @description Seed of the first take; the same seed makes the same file. Drawn and told when absent or -1.
             */
            seed?: number | null;
            /**
             * Shift
             * @description Shift of the noise schedule; the variant's own when absent.
             */
            shift?: number | null;
            /**
             * Steps
             * @description Denoising steps; the variant's own number when absent.
             */
            steps?: number | null;
            /**
             * Variant
             * @description Which instrument: nano, or a variant or folder known to `twin models list`.
             * @default nano
             */
            variant: string;
        };
        /**
         * Problem
         * @description What went wrong, and what to do about it.
         */
        Problem: {
            /** Detail */
            detail: string;
            /**
             * Errors
             * @description Every mistake by its field.
             * @default []
             */
            errors: components["schemas"]["Fault"][];
            /**
             * Reason
             * @description A stable code, where a sound was rejected.
             * @default
             */
            reason: string;
            /**
             * Remedy
             * @description The one thing to do next.
             * @default
             */
            remedy: string;
            /**
             * Request
             * @description Id of the request, which the server's log names too.
             * @default
             */
            request: string;
            /** Status */
            status: number;
            /** Title */
            title: string;
            /**
             * Type
             * @description `urn:producertwin:` and the kind of error.
             */
            type: string;
        };
        /**
         * ProducerFacts
         * @description A producer: how many tracks are theirs, and the twin that learned from them.
         */
        ProducerFacts: {
            /** @description What the twin's files say of themselves. */
            adapter?: components["schemas"]["AdapterSummary"] | null;
            /**
             * Learned
             * @description What the twin learned, in one sentence: the answer of its newest proof.
             * @default
             */
            learned: string;
            /** Name */
            name: string;
            /**
             * Proof
             * @description Id of that proof.
             */
            proof?: string | null;
            /** Tracks */
            tracks: number;
            twin?: components["schemas"]["InstalledTwin"] | null;
            /**
             * Versions
             * @description Earlier twins that are kept.
             * @default 0
             */
            versions: number;
        };
        /**
         * Prompt
         * @description What should sound.
         */
        Prompt: {
            /**
             * Bpm
             * @description Tempo in beats per minute, 30 to 300.
             */
            bpm?: number | null;
            /**
             * Caption
             * @description Tags or a sentence: genre, mood, instruments, tempo, production, atmosphere, voice.
             * @default
             */
            caption: string;
            /**
             * Global Caption
             * @description The whole song, where the caption says one stem; for variants trained on both (ACE-Step's `is_lego_sft`).
             * @default
             */
            global_caption: string;
            /**
             * Key
             * @description Tonic and mode, such as "F# minor" or "Bb major".
             */
            key?: string | null;
            /**
             * Language
             * @description Language of the lyrics, such as en, ja, zh-cn or English.
             * @default unknown
             */
            language: string;
            /**
             * Lyrics
             * @description The words to sing, with [verse] and [chorus] lines; empty is instrumental.
             * @default
             */
            lyrics: string;
            /**
             * Meter
             * @description Beats per bar: 2, 3, 4 or 6 (also written 4/4, 6/8).
             */
            meter?: (2 | 3 | 4 | 6) | null;
        };
        /**
         * ProofFacts
         * @description A proof of what a twin learned.
         */
        ProofFacts: {
            /**
             * Answer
             * @description Whether the twin plays like its producer, in one sentence; empty where the figures are of an older form.
             */
            answer: string;
            /** Id */
            id: string;
            /**
             * Made
             * Format: date-time
             */
            made: string;
            /**
             * Name
             * @description The twin it is about, where it is of no run.
             */
            name: string;
            /**
             * Producer
             * @description Whose twin it is about; empty where the figures cannot be read.
             */
            producer: string;
            /**
             * Report
             * @description Whether there is a page to read.
             */
            report: boolean;
            /**
             * Run
             * @description The run whose twin it is about; absent for a twin from elsewhere.
             */
            run: string | null;
        };
        /**
         * Rating
         * @description A person's score of a track.
         */
        Rating: {
            /**
             * Note
             * @description Why.
             * @default
             */
            note: string;
            /**
             * Score
             * @description 1 to 5.
             */
            score: number;
        };
        /**
         * Reached
         * @description How far a job is.
         */
        Reached: {
            /** Done */
            done: number | null;
            /**
             * Seconds Left
             * @description Of this part of the work, as the work itself reckons.
             */
            seconds_left: number | null;
            /** Text */
            text: string;
            /** Total */
            total: number | null;
        };
        /**
         * Refine
         * @description Play a take again, closer or further from how it was.
         */
        Refine: {
            /**
             * Denoise
             * @description How much is played anew, 0.01 (the source as it was) to 1 (nothing of it is kept).
             * @default 0.5
             */
            denoise: number;
            /**
             * @description The kind of stage. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            kind: "refine";
            /**
             * @default {
             *       "adapters": [],
             *       "batch": 1,
             *       "variant": "nano"
             *     }
             */
            play: components["schemas"]["Play"];
            /**
             * @description What should sound; what is absent is taken over from the source take.
             * @default {
             *       "caption": "",
             *       "language": "unknown",
             *       "lyrics": ""
             *     }
             */
            prompt: components["schemas"]["Prompt"];
            /**
             * Reference
             * @description A sound file whose timbre to take; may be repeated, each is heard for itself.
             * @default []
             */
            reference: string[];
            /**
             * @description How takes are sampled, beside steps, guidance and shift.
             * @default {
             *       "dcw_high_scale": 0.02,
             *       "dcw_scale": 0.05,
             *       "dcw_wavelet": "haar",
             *       "guidance_interval": [
             *         0,
             *         1
             *       ],
             *       "guidance_mode": "apg",
             *       "latent_rescale": 1,
             *       "latent_shift": 0,
             *       "retake_variance": 0,
             *       "sampler": "euler",
             *       "velocity_clamp": 0,
             *       "velocity_ema": 0
             *     }
             */
            sampling: components["schemas"]["SamplingOptions"];
            /**
             * Source
             * @description A take (its id or the start of it) or a sound file.
             */
            source: string;
            /**
             * Source Hash
             * @description Name of the source's content as a blob; a source with other content is refused.
             */
            source_hash?: string | null;
        };
        /**
         * Region
         * @description A part of a sound, written `START-END`, or `START-` to the sound's end.
         */
        Region: {
            /**
             * End
             * @description Where it ends; with the sound when absent.
             */
            end?: number | null;
            /**
             * Start
             * @description Where it begins; before the sound where that is below 0 s or bar 1.
             */
            start: number;
        };
        /**
         * Removed
         * @description What was removed for good.
         */
        Removed: {
            /**
             * Bytes
             * @description Room that was freed.
             */
            bytes: number;
            /**
             * Damaged
             * @description Ids of entries that could not be read.
             */
            damaged: string[];
            /** Entries */
            entries: components["schemas"]["TrashEntry"][];
        };
        /**
         * Repaint
         * @description Play regions anew and keep the rest. A region that reaches before the start or past the end makes the source longer.
         */
        Repaint: {
            /**
             * Edge
             * @description Seconds over which the new part comes in and goes, inside the region; where the rest is kept exactly.
             * @default 0.05
             */
            edge: number;
            /**
             * End
             * @description Where the region ends; with the source when absent.
             */
            end?: number | null;
            /**
             * @description The kind of stage. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            kind: "repaint";
            /**
             * Match
             * @description Bring level and spectrum of the new part to the sound beside it; where the rest is kept exactly.
             * @default true
             */
            match: boolean;
            /**
             * Mode
             * @description How the rest is kept: exact to the sample, or as ACE-Step does: conservative, balanced, or aggressive (not at all).
             * @default exact
             * @enum {string}
             */
            mode: "exact" | "conservative" | "balanced" | "aggressive";
            /**
             * @default {
             *       "adapters": [],
             *       "batch": 1,
             *       "variant": "nano"
             *     }
             */
            play: components["schemas"]["Play"];
            /**
             * @description What should sound; what is absent is taken over from the source take.
             * @default {
             *       "caption": "",
             *       "language": "unknown",
             *       "lyrics": ""
             *     }
             */
            prompt: components["schemas"]["Prompt"];
            /**
             * Reference
             * @description A sound file whose timbre to take; may be repeated, each is heard for itself.
             * @default []
             */
            reference: string[];
            /**
             * Regions
             * @description A region, written START-END, or START- to the end; instead of start and end, and may be repeated.
             * @default []
             */
            regions: components["schemas"]["Region"][];
            /**
             * @description How takes are sampled, beside steps, guidance and shift.
             * @default {
             *       "dcw_high_scale": 0.02,
             *       "dcw_scale": 0.05,
             *       "dcw_wavelet": "haar",
             *       "guidance_interval": [
             *         0,
             *         1
             *       ],
             *       "guidance_mode": "apg",
             *       "latent_rescale": 1,
             *       "latent_shift": 0,
             *       "retake_variance": 0,
             *       "sampler": "euler",
             *       "velocity_clamp": 0,
             *       "velocity_ema": 0
             *     }
             */
            sampling: components["schemas"]["SamplingOptions"];
            /**
             * Source
             * @description A take (its id or the start of it) or a sound file.
             */
            source: string;
            /**
             * Source Hash
             * @description Name of the source's content as a blob; a source with other content is refused.
             */
            source_hash?: string | null;
            /**
             * Start
             * @description Where the region begins, in seconds; below 0 there is music before the source.
             */
            start?: number | null;
            /**
             * Strength
             * @description Of balanced: 0 keeps as conservative does, 1 keeps nothing; 0.5 when absent.
             */
            strength?: number | null;
            /**
             * Unit
             * @description What regions are counted in: seconds, or bars from 1; 5-9 is from the beginning of bar 5 to that of bar 9.
             * @default seconds
             * @enum {string}
             */
            unit: "seconds" | "bars";
        };
        /**
         * Row
         * @description One track of a training set, everything that training reads.
         */
        Row: {
            /** Bpm */
            bpm?: number | null;
            /** Caption */
            caption: string;
            /**
             * Clips
             * @description Blobs of its prepared sound.
             */
            clips: string[];
            /**
             * Flags
             * @description What nobody has looked at yet.
             * @default []
             */
            flags: string[];
            /** Group */
            group: string;
            /** Key */
            key?: string | null;
            /**
             * Language
             * @default unknown
             */
            language: string;
            /** Licence */
            licence?: string | null;
            /**
             * Lyrics
             * @default [Instrumental]
             */
            lyrics: string;
            /** Meter */
            meter?: number | null;
            /** Producer */
            producer: string;
            /** Quality */
            quality: number;
            /**
             * Rating
             * @description A person's score, 1 to 5.
             */
            rating?: number | null;
            /**
             * Seconds
             * @description Length of its prepared sound.
             */
            seconds: number;
            /**
             * Side
             * @enum {string}
             */
            side: "train" | "holdout";
            /** Style */
            style: string;
            /** Title */
            title: string;
            /** Track */
            track: string;
        };
        /**
         * Run
         * @description A run, and how it stands.
         */
        Run: {
            /**
             * Best
             * @description Step of the checkpoint with the least validation loss.
             */
            best?: number | null;
            /**
             * Created
             * Format: date-time
             */
            created: string;
            /**
             * Dataset
             * @description Fingerprint of the training set.
             */
            dataset: string;
            /** Id */
            id: string;
            /**
             * Kind
             * @description What is trained.
             * @default lora
             * @constant
             */
            kind: "lora";
            /**
             * Note
             * @description Why it ended as it did.
             * @default
             */
            note: string;
            /**
             * Producer
             * @description Whose sound it learns.
             */
            producer: string;
            /**
             * Recipe
             * @description Fingerprint of the recipe with every choice made.
             */
            recipe: string;
            /**
             * Revision
             * @description Content hash of the instrument's weights.
             */
            revision: string;
            /**
             * Source
             * @description Folder of the instrument, where it is not a variant with a name.
             */
            source?: string | null;
            /**
             * Start
             * @description The adapter it starts from, where not from nothing.
             */
            start?: string | null;
            /**
             * Status
             * @default running
             * @enum {string}
             */
            status: "running" | "done" | "stopped" | "diverged" | "failed" | "interrupted";
            /**
             * Step
             * @description Optimizer steps that a checkpoint holds.
             * @default 0
             */
            step: number;
            /**
             * Steps
             * @description Optimizer steps in all.
             */
            steps: number;
            /**
             * Variant
             * @description The instrument that learns.
             */
            variant: string;
        };
        /**
         * RunCurves
         * @description Loss by step: squared error of the velocity, less is better.
         */
        RunCurves: {
            /**
             * Curves
             * @description `training` is smoothed; `held out` is measured on songs that are not learned from.
             */
            curves: {
                [key: string]: components["schemas"]["CurvePoints"];
            };
        };
        /**
         * RunDetail
         * @description A run in detail.
         */
        RunDetail: {
            /**
             * Checkpoints
             * @description Steps that can be gone on from.
             */
            checkpoints: number[];
            /**
             * Recipe
             * @description The recipe with every choice made, as TOML.
             */
            recipe: string;
            run: components["schemas"]["Run"];
            /**
             * Samples
             * @description The takes that were made on the way.
             */
            samples: {
                [key: string]: components["schemas"]["JsonValue"];
            }[];
            /**
             * Warnings
             * @description What did not stop it but should be known.
             */
            warnings: {
                [key: string]: components["schemas"]["JsonValue"];
            }[];
        };
        /**
         * RunSummary
         * @description A run with the last and the best that its logs tell.
         */
        RunSummary: {
            /** At */
            at: number;
            /** Heard */
            heard: number | null;
            /** Left */
            left: number | null;
            /** Loss */
            loss: number | null;
            run: components["schemas"]["Run"];
            /** Speed */
            speed: number | null;
            /** Validation */
            validation: number | null;
        };
        /**
         * SamplingOptions
         * @description How a take is sampled, beside steps, guidance and shift.
         */
        SamplingOptions: {
            /**
             * Dcw
             * @description Wavelet bands that are corrected after every step (DCW); the variant's own when absent: double on turbo, else off.
             */
            dcw?: ("off" | "low" | "high" | "double" | "pix") | null;
            /**
             * Dcw High Scale
             * @description How far DCW pushes the high band in double.
             * @default 0.02
             */
            dcw_high_scale: number;
            /**
             * Dcw Scale
             * @description How far DCW pushes; in double, the low band.
             * @default 0.05
             */
            dcw_scale: number;
            /**
             * Dcw Wavelet
             * @description Wavelet of DCW: haar, or one of Daubechies's, db1 to db10.
             * @default haar
             * @enum {string}
             */
            dcw_wavelet: "haar" | "db1" | "db2" | "db3" | "db4" | "db5" | "db6" | "db7" | "db8" | "db9" | "db10";
            /**
             * Guidance Interval
             * @description Lowest and highest noise level that is guided, such as 0.2,0.9.
             * @default [
             *       0,
             *       1
             *     ]
             */
            guidance_interval: [
                number,
                number
            ];
            /**
             * Guidance Mode
             * @description Kind of guidance: apg projects (ACE-Step's default), adg turns by an angle.
             * @default apg
             * @enum {string}
             */
            guidance_mode: "apg" | "adg";
            /**
             * Latent Rescale
             * @description Factor on the finished latents before they are decoded.
             * @default 1
             */
            latent_rescale: number;
            /**
             * Latent Shift
             * @description Number added to them after that.
             * @default 0
             */
            latent_shift: number;
            /**
             * Retake Seed
             * @description Seed of that other noise; the one after the take's own when absent.
             */
            retake_seed?: number | null;
            /**
             * Retake Variance
             * @description How far the noise of the seed is turned towards another one, 0 to 1; with --batch the seed stays, and the other varies.
             * @default 0
             */
            retake_variance: number;
            /**
             * Sampler
             * @description Solver: euler; heun asks the instrument twice a step; sde draws fresh noise at every step.
             * @default euler
             * @enum {string}
             */
            sampler: "euler" | "heun" | "sde";
            /**
             * Schedule
             * @description Noise levels to visit, falling, such as 1,0.8,0.5; instead of --steps and --shift.
             */
            schedule?: number[] | null;
            /**
             * Velocity Clamp
             * @description No step is longer than so many times the latents it starts from; 0 is off, 2 is mild.
             * @default 0
             */
            velocity_clamp: number;
            /**
             * Velocity Ema
             * @description Share of the step before that is mixed into every step; 0 is off, ACE-Step offers up to 0.5.
             * @default 0
             */
            velocity_ema: number;
        };
        /**
         * Select
         * @description Keep the best takes of a batch and go on with those.
         */
        Select: {
            /**
             * By
             * @description Who judges: meters (levels, faults, tempo and key against what was asked) or caption (nearness of sound and words).
             * @default meters
             */
            by: string;
            /**
             * Keep
             * @description How many takes go on.
             * @default 1
             */
            keep: number;
            /**
             * @description The kind of stage. (enum property replaced by openapi-typescript)
             * @enum {string}
             */
            kind: "select";
            /**
             * Source
             * @description The stage whose takes are judged, as @ID.
             */
            source: string;
        };
        /**
         * SettingFacts
         * @description A setting as it stands.
         */
        SettingFacts: {
            /** About */
            about: string;
            /** Name */
            name: string;
            /**
             * Settable
             * @description Whether it can be changed here.
             */
            settable: boolean;
            /**
             * Source
             * @description `default`, `file` or `environment`: what the environment says wins.
             */
            source: string;
            /** Value */
            value: string | boolean | number | null;
        };
        /**
         * SettingSaid
         * @description What a setting is to be.
         */
        SettingSaid: {
            /**
             * Value
             * @description Nothing keeps none.
             */
            value?: string | null;
        };
        /**
         * Song
         * @description What is to be played, bar by bar.
         */
        Song: {
            /**
             * Chords
             * @description Chords, bars between |: "Am7 F | C G/B", degrees "ii7 V7 | I", or by section "verse: Am | F; hook: C | G".
             * @default
             */
            chords: string;
            /**
             * Form
             * @description Sections and their bars: "intro 2, verse 8, hook 8". The take is as long as they are.
             * @default
             */
            form: string;
        };
        /**
         * SplitPlan
         * @description How much is held out.
         */
        SplitPlan: {
            /**
             * Seed
             * @description Decides which groups are looked at first.
             * @default 0
             */
            seed: number;
            /**
             * Share
             * @description Share of the seconds of every style.
             * @default 0.1
             */
            share: number;
        };
        /**
         * Status
         * @description Whether a variant is here.
         */
        Status: {
            /**
             * About
             * @description One line.
             */
            about: string;
            /**
             * Guidance
             * @description Default guidance.
             */
            guidance: number;
            /**
             * Licence
             * @description Licence of the weights.
             */
            licence: string;
            /**
             * Name
             * @description The variant.
             */
            name: string;
            /**
             * Present
             * @description Whether it can be loaded now.
             */
            present: boolean;
            /**
             * Remedy
             * @description How to get it; empty when it is here.
             */
            remedy: string;
            /**
             * Size
             * @description Bytes on disk, or to download.
             */
            size: number;
            /**
             * Steps
             * @description Default steps.
             */
            steps: number;
            /**
             * Tasks
             * @description What it can do.
             */
            tasks: components["schemas"]["Task"][];
        };
        /**
         * StoredDataset
         * @description A training set as the store lists it.
         */
        StoredDataset: {
            /**
             * Frozen
             * Format: date-time
             */
            frozen: string;
            /** Id */
            id: string;
            /** Producer */
            producer: string | null;
            /** Tracks */
            tracks: number;
        };
        /**
         * StyleFacts
         * @description A way of playing that captions can ask for.
         */
        StyleFacts: {
            /** Category */
            category: string;
            /** Id */
            id: string;
            /** Meters */
            meters: number[];
            /** Name */
            name: string;
            /**
             * Tags
             * @description Words of a caption that ask for it.
             */
            tags: string[];
            /**
             * Tempo
             * @description Beats per minute, from and to.
             */
            tempo: [
                number,
                number
            ];
        };
        /**
         * SungLine
         * @description A line of the lyrics, and when it is sung.
         */
        SungLine: {
            /**
             * Seconds
             * @description From the start of the take.
             */
            seconds: number;
            /**
             * Text
             * @description As it stands in the lyrics: a line to sing, or a mark such as [verse].
             */
            text: string;
        };
        /**
         * Take
         * @description A stored take: contents as blob names.
         */
        Take: {
            /**
             * Adapters
             * @default []
             */
            adapters: components["schemas"]["AdapterUse"][];
            /**
             * Audio
             * @description None where nobody has decoded the latents, which stand for the sound.
             */
            audio?: string | null;
            /** Caption */
            caption: string;
            /**
             * Created
             * Format: date-time
             */
            created: string;
            /**
             * Guide
             * @description Who played the sketch it began from, `band`; None began from noise.
             */
            guide?: string | null;
            /** @description What became of its words; None was not looked at. */
            hearing?: components["schemas"]["Hearing"] | null;
            /** Id */
            id: string;
            /** Latents */
            latents?: string | null;
            /**
             * Lines
             * @description The lyrics in time, where the instrument says when it sings them.
             * @default []
             */
            lines: components["schemas"]["SungLine"][];
            /**
             * Lyrics
             * @description Empty is instrumental.
             * @default
             */
            lyrics: string;
            /** @description On what, and in which time; None was not written down. */
            made?: components["schemas"]["Making"] | null;
            /** @default {} */
            metas: components["schemas"]["TakeMetas"];
            /**
             * Meters
             * @description Readings by name; None does not exist for this sound.
             */
            meters?: {
                [key: string]: number | null;
            };
            /**
             * Parents
             * @description Takes this one was made from.
             * @default []
             */
            parents: string[];
            /** Picture */
            picture?: string | null;
            /**
             * Revision
             * @description Content hash of the variant's weights.
             */
            revision: string;
            /**
             * Seconds
             * @description How long the audio is.
             */
            seconds: number;
            /** Seed */
            seed: number;
            /**
             * Session
             * @description The brief it belongs to.
             */
            session?: string | null;
            /**
             * Stage
             * @description The resolved pipeline stage as JSON: running it again makes this take.
             */
            stage: {
                [key: string]: components["schemas"]["JsonValue"];
            };
            /**
             * Task
             * @description What the instrument was asked to do, `text2music`.
             */
            task: string;
            /** Variant */
            variant: string;
        };
        /**
         * TakeDetail
         * @description A take, and what was made from it.
         */
        TakeDetail: {
            /**
             * Children
             * @description Ids of the takes made from it.
             */
            children: string[];
            /** @description What people say of it. */
            labels: components["schemas"]["Labels"];
            take: components["schemas"]["Take"];
        };
        /**
         * TakeMetas
         * @description The musical facts that were asked for; None was left open.
         */
        TakeMetas: {
            /**
             * Bpm
             * @description Beats per minute.
             */
            bpm?: number | null;
            /**
             * Duration
             * @description Seconds.
             */
            duration?: number | null;
            /**
             * Key
             * @description Tonic and mode, `F# minor`.
             */
            key?: string | null;
            /**
             * Language
             * @description Of the lyrics.
             */
            language?: string | null;
            /**
             * Meter
             * @description Beats per bar.
             */
            meter?: number | null;
        };
        /**
         * TakePage
         * @description A part of the list of takes.
         */
        TakePage: {
            /**
             * Damaged
             * @default []
             */
            damaged: string[];
            /** Items */
            items: components["schemas"]["Take"][];
            /** Labels */
            labels: {
                [key: string]: components["schemas"]["Labels"];
            };
            /** Next */
            next?: string | null;
        };
        /**
         * Task
         * @description What the instrument is asked to do.
         * @enum {string}
         */
        Task: "text2music" | "cover" | "repaint" | "extract" | "lego" | "complete";
        /**
         * Thing
         * @description Something that a job made and that is no take.
         */
        Thing: {
            /** Id */
            id: string;
            /**
             * Kind
             * @enum {string}
             */
            kind: "run" | "proof" | "dataset";
        };
        /**
         * Track
         * @description A stored track: contents as blob names.
         */
        Track: {
            /** Audio */
            audio: string;
            /** Channels */
            channels: number;
            /**
             * Created
             * Format: date-time
             */
            created: string;
            /**
             * Format
             * @description Container of the original: `wav`, `mp3`, …
             */
            format: string;
            /**
             * Given
             * @description What lay beside the sound: `prompt`, `lyrics`, `metas`, … as it was read.
             */
            given?: {
                [key: string]: components["schemas"]["JsonValue"];
            };
            /**
             * Group
             * @description Album or session; tracks of one are never split between training and holdout.
             */
            group?: string | null;
            /** Id */
            id: string;
            /**
             * Producer
             * @description Whose sound it is.
             */
            producer: string;
            /**
             * Rate
             * @description Samples per second of the original.
             */
            rate: number;
            /** Seconds */
            seconds: number;
            /** @default {} */
            source: components["schemas"]["TrackSource"];
            /** Stems */
            stems?: {
                [key: string]: string;
            };
            /** Title */
            title: string;
        };
        /**
         * TrackDetail
         * @description A track, and what was noted of it.
         */
        TrackDetail: {
            /**
             * Notes
             * @description Screening, caption, rating and others, by kind.
             */
            notes: {
                [key: string]: {
                    [key: string]: components["schemas"]["JsonValue"];
                };
            };
            track: components["schemas"]["Track"];
        };
        /**
         * TrackSource
         * @description Where a track comes from and what its owner allows; None was not said.
         */
        TrackSource: {
            /**
             * Acquired
             * @description Day it was got.
             */
            acquired?: string | null;
            /**
             * Artist
             * @description Who made it, where that is not the producer.
             */
            artist?: string | null;
            /**
             * Cost
             * @description What it cost.
             */
            cost?: number | null;
            /**
             * Currency
             * @description ISO 4217 code of the cost.
             */
            currency?: string | null;
            /**
             * Kind
             * @description How it was got.
             */
            kind?: ("own" | "commissioned" | "royalty_free" | "creative_commons" | "partnership") | null;
            /**
             * Licence
             * @description SPDX name or `LicenseRef-…`.
             */
            licence?: string | null;
            /**
             * Permitted
             * @description Whether its owner permits training; wins over the licence.
             */
            permitted?: boolean | null;
            /**
             * Proof
             * @description Address of a receipt, a contract or the licence's page.
             */
            proof?: string | null;
            /**
             * Provider
             * @description Who it was got from: `self`, a label, a library.
             */
            provider?: string | null;
            /**
             * Unclear
             * @description What was stated of its rights and is not understood: nothing is learned from it until a person answers.
             */
            unclear?: string | null;
            /**
             * Verified By
             * @description Who checked this.
             */
            verified_by?: string | null;
        };
        /**
         * TrashEntry
         * @description One deletion: everything that went by it.
         */
        TrashEntry: {
            /**
             * Bytes
             * @description What it takes on the disk, contents included that others share.
             */
            bytes: number;
            /**
             * Deleted
             * Format: date-time
             */
            deleted: string;
            /** Id */
            id: string;
            kind: components["schemas"]["Kind"];
            /**
             * Names
             * @description Ids of the takes, the run, the set or the test; or the producer of a twin.
             */
            names: string[];
            /** Parts */
            parts: components["schemas"]["Part"][];
            /**
             * Title
             * @description What people know it by.
             */
            title: string;
        };
        /**
         * Word
         * @description A word of the caption with a meaning of its own.
         */
        Word: {
            /**
             * Heard
             * @description What the instrument takes it for; absent where it does not know it.
             */
            heard: string | null;
            /** Said */
            said: string;
        };
        /**
         * Worker
         * @description A process that does jobs.
         */
        Worker: {
            /**
             * Beat
             * @description When it last said that it lives, in seconds since 1970.
             */
            beat: number;
            /** Device */
            device: string;
            /** Host */
            host: string;
            /** Id */
            id: string;
            /** Process */
            process: number;
            /** Queues */
            queues: string;
            /** Started */
            started: number;
            /**
             * State
             * @enum {string}
             */
            state: "alive" | "gone" | "dead";
        };
        /**
         * Workforce
         * @description Who does jobs.
         */
        Workforce: {
            /** @description The processes that this server keeps. */
            crew: components["schemas"]["CrewFacts"];
            /** Queued */
            queued: number;
            /** Running */
            running: number;
            /**
             * Stuck
             * @description What to do where jobs wait and nobody does them; empty where all is well.
             */
            stuck: string;
            /**
             * Workers
             * @description Everyone who works or lately worked, other machines too, the newest first.
             */
            workers: components["schemas"]["Worker"][];
        };
    };
    responses: {
        /** @description The request names another server, or has a body where none belongs. */
        refused_400: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Problem"];
                "application/problem+json": unknown;
            };
        };
        /** @description The token is missing or wrong. */
        refused_401: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Problem"];
                "application/problem+json": unknown;
            };
        };
        /** @description A page of another origin sent it. */
        refused_403: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Problem"];
                "application/problem+json": unknown;
            };
        };
        /** @description There is no such thing. */
        refused_404: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Problem"];
                "application/problem+json": unknown;
            };
        };
        /** @description Something that was sent cannot be used; `errors` names each field. */
        refused_422: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Problem"];
                "application/problem+json": unknown;
            };
        };
        /** @description Something unexpected happened; the server's log has it under `request`. */
        refused_500: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Problem"];
                "application/problem+json": unknown;
            };
        };
        /** @description Something that is needed is missing or busy. */
        refused_503: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Problem"];
                "application/problem+json": unknown;
            };
        };
        /** @description Disk or memory ran out. */
        refused_507: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Problem"];
                "application/problem+json": unknown;
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    enter: {
        parameters: {
            query?: {
                code?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            303: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_health: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    list_assets: {
        parameters: {
            query?: {
                /** @description Things on a page; 50 when absent. */
                limit?: number | null;
                /** @description What the page before gave as `next`. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Asset_"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    upload_asset: {
        parameters: {
            query?: {
                /** @description What its file is called. */
                name?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/octet-stream": string;
                "audio/*": string;
            };
        };
        responses: {
            /** @description The same sound was here already. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Asset"];
                };
            };
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Asset"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            /** @description It came too slowly. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It is too large. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description It was sent in a form, not as it is. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            422: components["responses"]["refused_422"];
            /** @description Other uploads are being taken; see `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_asset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                asset: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Asset"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    delete_asset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                asset: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Asset"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_asset_audio: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The content. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            /** @description The range of bytes that was asked for. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            /** @description The client has it. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            /** @description The range lies past the end. */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_asset_peaks: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Peaks"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_asset_peaks_level: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
                level: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The content. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            /** @description The range of bytes that was asked for. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            /** @description The client has it. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            /** @description The range lies past the end. */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_asset_picture: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The content. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            /** @description The range of bytes that was asked for. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            /** @description The client has it. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            /** @description The range lies past the end. */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_capabilities: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Capabilities"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_caption: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CaptionToRead"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CaptionReading"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    list_settings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_SettingFacts_"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    set_setting: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SettingSaid"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SettingFacts"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    list_datasets: {
        parameters: {
            query?: {
                /** @description Things on a page; 50 when absent. */
                limit?: number | null;
                /** @description What the page before gave as `next`. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_StoredDataset_"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_dataset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a training set, or its beginning. */
                dataset: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Manifest"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    delete_dataset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a training set, or its beginning. */
                dataset: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrashEntry"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_dataset_report: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id of a training set, or its beginning. */
                dataset: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_disk: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Disk"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    examine: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Examination"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    watch_events: {
        parameters: {
            query?: {
                /** @description The same, for who can send no header. */
                after?: number | null;
            };
            header?: {
                /** @description Go on after this event. */
                "Last-Event-ID"?: number | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": unknown;
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    list_jobs: {
        parameters: {
            query?: {
                /** @description Only jobs that stand so; may be repeated. */
                state?: ("queued" | "running" | "waiting" | "stopping" | "succeeded" | "failed" | "cancelled")[];
                /** @description Only jobs of this kind; may be repeated. */
                kind?: string[];
                /** @description Things on a page; 50 when absent. */
                limit?: number | null;
                /** @description What the page before gave as `next`. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_JobFacts_"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    submit_job: {
        parameters: {
            query?: never;
            header?: {
                /** @description The same key again is the same job. */
                "Idempotency-Key"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["JobAsked"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobFacts"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            /** @description Too many jobs wait; see `Retry-After`. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    list_job_kinds: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_JobKind_"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_job: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobFacts"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    cancel_job: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Manner"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobFacts"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    prioritise_job: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Place"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobFacts"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    retry_job: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                job: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobFacts"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    make_link: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Link"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    list_pipelines: {
        parameters: {
            query?: {
                /** @description Things on a page; 50 when absent. */
                limit?: number | null;
                /** @description What the page before gave as `next`. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_PipelineInfo_"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    validate_pipeline: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    [key: string]: components["schemas"]["JsonValue"];
                };
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Pipeline"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_pipeline: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                pipeline: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PipelineText"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    list_planners: {
        parameters: {
            query?: {
                /** @description Things on a page; 50 when absent. */
                limit?: number | null;
                /** @description What the page before gave as `next`. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_PlannerStatus_"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    list_producers: {
        parameters: {
            query?: {
                /** @description Things on a page; 50 when absent. */
                limit?: number | null;
                /** @description What the page before gave as `next`. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ProducerFacts_"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_producer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                producer: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProducerFacts"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    list_proofs: {
        parameters: {
            query?: {
                /** @description Things on a page; 50 when absent. */
                limit?: number | null;
                /** @description What the page before gave as `next`. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_ProofFacts_"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_proof: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                proof: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        [key: string]: components["schemas"]["JsonValue"];
                    };
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_proof_report: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                proof: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    list_runs: {
        parameters: {
            query?: {
                producer?: string | null;
                /** @description Things on a page; 50 when absent. */
                limit?: number | null;
                /** @description What the page before gave as `next`. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_RunSummary_"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_run: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunDetail"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_run_curves: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                run: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunCurves"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    list_styles: {
        parameters: {
            query?: {
                /** @description Things on a page; 50 when absent. */
                limit?: number | null;
                /** @description What the page before gave as `next`. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_StyleFacts_"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    list_takes: {
        parameters: {
            query?: {
                /** @description Takes of this session. */
                session?: string | null;
                /** @description Takes this variant made. */
                variant?: string | null;
                /** @description Takes of this task, `cover`. */
                task?: string | null;
                /** @description Words that the caption or the lyrics all contain, in any case. */
                text?: string | null;
                /** @description Made at or after this moment; local time unless it names a zone. */
                since?: string | null;
                /** @description Takes in this folder, and in those below it. */
                folder?: string | null;
                /** @description Takes that have this tag, in any case. */
                tag?: string | null;
                /** @description Takes that are liked, or that are not. */
                liked?: boolean | null;
                /** @description Takes of at least so many stars. */
                rating?: number | null;
                /** @description Takes that were asked for at this tempo, to two beats per minute. */
                bpm?: number | null;
                /** @description Takes that were asked for in this key, such as "A minor". */
                key?: string | null;
                /** @description Takes that this producer's twin plays on. */
                producer?: string | null;
                /** @description At most so many. */
                limit?: number | null;
                /** @description What the page before gave as `next`. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TakePage"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    list_labels: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelCounts"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_take_audio: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The content. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            /** @description The range of bytes that was asked for. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            /** @description The client has it. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            /** @description The range lies past the end. */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_take_peaks: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Peaks"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_take_peaks_level: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
                level: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The content. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            /** @description The range of bytes that was asked for. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            /** @description The client has it. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            /** @description The range lies past the end. */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_take_picture: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The content. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            /** @description The range of bytes that was asked for. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            /** @description The client has it. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            /** @description The range lies past the end. */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_take: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                take: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TakeDetail"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    delete_take: {
        parameters: {
            query?: {
                /** @description Delete what was made from it, too. */
                cascade?: boolean;
            };
            header?: never;
            path: {
                take: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Deleted"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    label_take: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                take: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LabelChanges"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TakeDetail"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    export_take: {
        parameters: {
            query?: {
                format?: "flac" | "wav" | "mp3" | "ogg";
            };
            header?: never;
            path: {
                take: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "audio/*": unknown;
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_lineage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                take: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Lineage"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    list_tracks: {
        parameters: {
            query?: {
                /** @description Whose; everybody's when absent. */
                producer?: string | null;
                /** @description Things on a page; 50 when absent. */
                limit?: number | null;
                /** @description What the page before gave as `next`. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Track_"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_track_audio: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The content. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            /** @description The range of bytes that was asked for. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            /** @description The client has it. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            /** @description The range lies past the end. */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_track_peaks: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Peaks"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_track_peaks_level: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
                level: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The content. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            /** @description The range of bytes that was asked for. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            /** @description The client has it. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            /** @description The range lies past the end. */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_track_picture: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The content. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            /** @description The range of bytes that was asked for. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            /** @description The client has it. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            /** @description The range lies past the end. */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_track: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                track: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrackDetail"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    delete_track: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                track: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Track"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_track_caption: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                track: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CaptionOfTrack"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    edit_caption: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                track: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CaptionChanges"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CaptionOfTrack"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    set_licence: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                track: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LicenceSaid"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrackDetail"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    rate_track: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                track: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Rating"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TrackDetail"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    read_stem_audio: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                track: string;
                stem: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The range of bytes that was asked for. */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": unknown;
                };
            };
            /** @description The client has it. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            /** @description The range lies past the end. */
            416: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    list_trash: {
        parameters: {
            query?: {
                /** @description Things on a page; 50 when absent. */
                limit?: number | null;
                /** @description What the page before gave as `next`. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_TrashEntry_"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    empty_trash: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EmptyTrashPlan"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Removed"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    restore_entry: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entry: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BroughtBack"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    list_variants: {
        parameters: {
            query?: {
                /** @description Things on a page; 50 when absent. */
                limit?: number | null;
                /** @description What the page before gave as `next`. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Status_"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
    list_workers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Workforce"];
                };
            };
            400: components["responses"]["refused_400"];
            401: components["responses"]["refused_401"];
            403: components["responses"]["refused_403"];
            404: components["responses"]["refused_404"];
            422: components["responses"]["refused_422"];
            500: components["responses"]["refused_500"];
            503: components["responses"]["refused_503"];
            507: components["responses"]["refused_507"];
        };
    };
}
