"""The input schemas of Replicate's models, as their pages publish them (`replicate.com/<owner>/<name>/api`)."""

from typing import Any, NamedTuple

RATIOS = ["16:9", "9:16", "1:1", "4:3", "3:4"]
MORE_RATIOS = [*RATIOS, "2:3", "3:2", "4:5", "5:4", "21:9"]


class Whole(NamedTuple):
    """Any whole number from `least` to `most`."""

    least: int
    most: int


SEEDANCE: dict[str, Any] = {
    "!prompt": "string", "image": "uri", "last_frame_image": "uri", "reference_images": "uris",
    "reference_videos": "uris", "reference_audios": "uris", "duration": Whole(-1, 15),
    "resolution": ["480p", "720p", "1080p"], "aspect_ratio": [*RATIOS, "21:9", "9:21", "adaptive"],
    "generate_audio": "boolean", "seed": "integer",
}  # fmt: skip
# field → type name, a range, or the list of allowed values; "!" before a field's name makes it required.
MODELS: dict[str, dict[str, Any]] = {
    "google/veo-3.1": {
        "!prompt": "string", "aspect_ratio": ["16:9", "9:16"], "duration": [4, 6, 8], "image": "uri",
        "negative_prompt": "string", "resolution": ["720p", "1080p"], "generate_audio": "boolean", "seed": "integer",
        "last_frame": "uri", "reference_images": "uris",
    },
    "google/veo-3.1-fast": {
        "!prompt": "string", "aspect_ratio": ["16:9", "9:16"], "duration": [4, 6, 8], "image": "uri",
        "negative_prompt": "string", "resolution": ["720p", "1080p"], "generate_audio": "boolean", "seed": "integer",
        "last_frame": "uri",
    },
    "kwaivgi/kling-v3-video": {
        "!prompt": "string", "negative_prompt": "string", "start_image": "uri", "end_image": "uri",
        "mode": ["standard", "pro"], "aspect_ratio": ["16:9", "9:16", "1:1"], "duration": Whole(3, 15),
        "generate_audio": "boolean", "multi_prompt": "string",
    },
    "kwaivgi/kling-v3-omni-video": {
        "!prompt": "string", "start_image": "uri", "end_image": "uri", "reference_images": "uris",
        "reference_video": "uri", "video_reference_type": ["feature", "base"], "keep_original_sound": "boolean",
        "mode": ["standard", "pro"], "aspect_ratio": ["16:9", "9:16", "1:1"], "duration": Whole(3, 15),
        "generate_audio": "boolean", "multi_prompt": "string",
    },
    "bytedance/seedance-2.0": SEEDANCE,
    "bytedance/seedance-2.0-fast": SEEDANCE,
    "kwaivgi/kling-v2.1": {
        "!prompt": "string", "!start_image": "uri", "end_image": "uri", "mode": ["standard", "pro"],
        "duration": [5, 10], "negative_prompt": "string",
    },
    "kwaivgi/kling-v2.5-turbo-pro": {
        "!prompt": "string", "start_image": "uri", "image": "uri", "aspect_ratio": ["16:9", "9:16", "1:1"],
        "duration": [5, 10], "negative_prompt": "string",
    },
    "wan-video/wan-2.5-i2v": {
        "!prompt": "string", "!image": "uri", "audio": "uri", "duration": [5, 10],
        "resolution": ["480p", "720p", "1080p"], "negative_prompt": "string", "seed": "integer",
        "enable_prompt_expansion": "boolean",
    },
    "wan-video/wan-2.7-i2v": {
        "!prompt": "string", "!first_frame": "uri", "last_frame": "uri", "audio": "uri", "duration": Whole(2, 15),
        "resolution": ["720p", "1080p"], "negative_prompt": "string", "seed": "integer",
        "enable_prompt_expansion": "boolean",
    },
    "wan-video/wan-2.7-t2v": {
        "!prompt": "string", "audio": "uri", "duration": Whole(2, 15), "negative_prompt": "string", "seed": "integer",
        "resolution": ["720p", "1080p"], "aspect_ratio": ["16:9", "9:16", "1:1", "4:3", "3:4"],
        "enable_prompt_expansion": "boolean",
    },
    "google/nano-banana-2": {
        "!prompt": "string", "image_input": "uris", "aspect_ratio": ["match_input_image", *MORE_RATIOS],
        "resolution": ["1K", "2K", "4K"], "output_format": ["jpg", "png"], "google_search": "boolean",
        "image_search": "boolean",
    },
    "black-forest-labs/flux-2-pro": {
        "!prompt": "string", "input_images": "uris",
        "aspect_ratio": ["match_input_image", "custom", *MORE_RATIOS],
        "resolution": ["match_input_image", "0.5 MP", "1 MP", "2 MP", "4 MP"], "width": Whole(256, 2048),
        "height": Whole(256, 2048), "safety_tolerance": Whole(1, 5), "seed": "integer",
        "output_format": ["webp", "jpg", "png"], "output_quality": Whole(0, 100),
    },
    "black-forest-labs/flux-kontext-pro": {
        "!prompt": "string", "input_image": "uri", "aspect_ratio": ["match_input_image", *MORE_RATIOS],
        "output_format": ["jpg", "png"], "safety_tolerance": Whole(0, 6), "prompt_upsampling": "boolean",
        "seed": "integer",
    },
    "bytedance/seedream-4": {
        "!prompt": "string", "image_input": "uris", "size": ["1K", "2K", "4K", "custom"],
        "aspect_ratio": ["match_input_image", *RATIOS, "3:2", "2:3", "21:9"], "width": Whole(1024, 4096),
        "height": Whole(1024, 4096), "sequential_image_generation": ["disabled", "auto"], "max_images": Whole(1, 15),
        "enhance_prompt": "boolean",
    },
    "ideogram-ai/ideogram-character": {
        "!prompt": "string", "!character_reference_image": "uri",
        "rendering_speed": ["Default", "Turbo", "Quality"], "style_type": ["Auto", "Fiction", "Realistic"],
        "aspect_ratio": RATIOS, "resolution": "string", "magic_prompt_option": ["Auto", "On", "Off"],
        "image": "uri", "mask": "uri", "seed": "integer",
    },
    "sync/lipsync-2": {
        "!video": "uri", "!audio": "uri", "text": "string", "temperature": "number", "active_speaker": "boolean",
        "sync_mode": ["loop", "bounce", "cut_off", "silence", "remap"], "occlusion_detection": "boolean",
    },
    # Its page, replicate.com/cjwbw/demucs/versions/25a17310…/api
    "cjwbw/demucs": {
        "!audio": "uri", "model_name": ["htdemucs", "htdemucs_ft", "htdemucs_6s", "hdemucs_mmi", "mdx", "mdx_extra"],
        "stem": ["vocals", "bass", "drums", "guitar", "piano", "other"], "clip_mode": ["rescale", "clamp"],
        "shifts": "integer", "overlap": "number", "mp3_bitrate": "integer", "float32": "boolean",
        "output_format": ["mp3", "wav", "flac"],
    },
    "victor-upmeet/whisperx": {
        "!audio_file": "uri", "language": "string", "language_detection_min_prob": "number",
        "language_detection_max_tries": "integer", "initial_prompt": "string", "batch_size": "integer",
        "temperature": "number", "vad_onset": "number", "vad_offset": "number", "align_output": "boolean",
        "diarization": "boolean", "debug": "boolean",
    },
    "vaibhavs10/incredibly-fast-whisper": {
        "!audio": "uri", "task": ["transcribe", "translate"], "language": "string", "batch_size": "integer",
        "timestamp": ["chunk", "word"], "diarise_audio": "boolean",
    },
    "sync/lipsync-2-pro": {
        "!video": "uri", "!audio": "uri", "text": "string", "temperature": "number", "active_speaker": "boolean",
        "sync_mode": ["loop", "bounce", "cut_off", "silence", "remap"],
    },
}  # fmt: skip
# How many files the lists take, as their descriptions say, and what the service refuses to combine.
MOST = {"reference_images": 9, "image_input": 14, "input_images": 8, "reference_audios": 3}
# What it charges, in US dollars per image or per second of the clip; other models are billed as free.
IMAGE_USD = {"google/nano-banana-2": "0.067", "black-forest-labs/flux-2-pro": "0.03"}
SECOND_USD = {"google/veo-3.1-fast": "0.10", "google/veo-3.1": "0.20"}
