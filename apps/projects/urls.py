from django.urls import path

from apps.projects.api import ProjectDetail, ProjectList
from apps.projects.cast import api as cast

SUBJECTS = "api/mv/projects/<uuid:project_id>/subjects"
SUBJECT = f"{SUBJECTS}/<uuid:subject_id>"

urlpatterns = [
    path("api/mv/projects", ProjectList.as_view(), name="projects"),
    path("api/mv/projects/<uuid:project_id>", ProjectDetail.as_view(), name="project"),
    path(SUBJECTS, cast.Subjects.as_view(), name="subjects"),
    path(f"{SUBJECT}/keep", cast.SubjectKeep.as_view(), name="subject-keep"),
    path(f"{SUBJECT}/images/quote", cast.SubjectImagesQuote.as_view(), name="subject-images-quote"),
    path("api/mv/subjects", cast.Library.as_view(), name="subject-library"),
    path("api/mv/subjects/<uuid:subject_id>", cast.LibrarySubject.as_view(), name="library-subject"),
    path(
        "api/mv/subjects/<uuid:subject_id>/restore",
        cast.LibrarySubjectRestore.as_view(),
        name="library-subject-restore",
    ),
]
